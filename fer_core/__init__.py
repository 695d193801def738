"""FER Lab: train facial-expression classifiers, keep every run, explain and compare them."""
