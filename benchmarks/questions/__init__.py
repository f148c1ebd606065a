"""The questions that are measured, one a module: `answer(stage)` gives figures as JSON has them."""
