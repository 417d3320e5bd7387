"""What the benchmarks of classifiers share, of texts and of pictures."""
