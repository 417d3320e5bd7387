"""Attention to look at: its rollouts; pictures by matplotlib, without a display or global state."""

from keras_attention.visualization.attention_maps import attention_figure as attention_figure
from keras_attention.visualization.attention_maps import attention_grid as attention_grid
from keras_attention.visualization.attention_maps import layers_and_heads as layers_and_heads
from keras_attention.visualization.confusion import confusion_figure as confusion_figure
from keras_attention.visualization.gradient_rollout import gradient_rollout as gradient_rollout
from keras_attention.visualization.images import figure_to_image as figure_to_image
from keras_attention.visualization.images import save_figure as save_figure
from keras_attention.visualization.picture_maps import overlay as overlay
from keras_attention.visualization.picture_maps import picture_figure as picture_figure
from keras_attention.visualization.picture_maps import picture_grid as picture_grid
from keras_attention.visualization.rollout import attention_rollout as attention_rollout
from keras_attention.visualization.speech_figures import speech_figure as speech_figure
from keras_attention.visualization.token_scores import token_scores_ansi as token_scores_ansi
from keras_attention.visualization.token_scores import token_scores_figure as token_scores_figure
from keras_attention.visualization.token_scores import token_scores_html as token_scores_html
