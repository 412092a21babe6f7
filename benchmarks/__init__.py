"""What Jingjia is measured by: one file per question, and the historical sessions and rounds it replays."""
