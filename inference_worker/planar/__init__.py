"""What engines that work slice by slice share: what was said, how far it reaches."""
