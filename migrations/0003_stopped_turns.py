from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0002_project_engines"),
    ]

    operations = [
        migrations.AlterField(
            model_name="logchange",
            name="kind",
            field=models.CharField(
                choices=[
                    ("undo", "Undo"),
                    ("redo", "Redo"),
                    ("remove", "Remove"),
                    ("cancel", "Cancel"),
                    ("stop", "Stop"),
                    ("refuse", "Refuse"),
                ],
                max_length=8,
            ),
        ),
    ]
