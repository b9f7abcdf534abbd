"""What a trained model says of pictures, folders and files."""
