"""Lists of tensors that loops fill, also where XLA compiles them."""

import tensorflow as tf


class TensorList:
    """`size` tensors of one shape, at first zeros.

    Unlike `tf.TensorArray` it takes sizes that are tensors as part of the shape, which XLA needs to
    know, and an element can be written more than once.
    """

    def __init__(self, dtype, size, shape, handle=None):
        self.dtype, self.size, self.shape = dtype, size, shape
        if handle is None:
            handle = tf.raw_ops.TensorListReserve(
                element_shape=self._shape(), num_elements=size, element_dtype=dtype
            )
        self.handle = handle

    def with_handle(self, handle):
        """The same list after a loop carried its handle."""
        return TensorList(self.dtype, self.size, self.shape, handle)

    def write(self, index, x):
        return tf.raw_ops.TensorListSetItem(input_handle=self.handle, index=index, item=x)

    def read(self, index):
        return tf.raw_ops.TensorListGetItem(
            input_handle=self.handle,
            index=index,
            element_shape=self._shape(),
            element_dtype=self.dtype,
        )

    def stack(self):
        """`[size, *shape]`."""
        stacked = tf.raw_ops.TensorListStack(
            input_handle=self.handle, element_shape=self._shape(), element_dtype=self.dtype
        )
        static = [x if isinstance(x, int) else None for x in (self.size, *self.shape)]
        return tf.ensure_shape(stacked, static)

    def _shape(self):
        return tf.stack([tf.convert_to_tensor(x, tf.int32) for x in self.shape])
