"""The pages a person opens; the case page hands over to the viewer."""
