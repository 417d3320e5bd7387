"""What `keras.ops` cannot say, in the words of one backend each; imported only on that backend."""
