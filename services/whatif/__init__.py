"""What a round would come to: many bid books under a grid of designs. Never official: nothing is journalled."""
