"""What is typed after `/tokenflex`: text in, one frozen value out."""
