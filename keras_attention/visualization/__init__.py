"""Pictures of attention, by matplotlib's object interface: no display and no global state."""

from keras_attention.visualization.attention_maps import attention_figure as attention_figure
from keras_attention.visualization.attention_maps import attention_grid as attention_grid
from keras_attention.visualization.attention_maps import layers_and_heads as layers_and_heads
from keras_attention.visualization.images import figure_to_image as figure_to_image
from keras_attention.visualization.images import save_figure as save_figure
