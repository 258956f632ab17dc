"""List what solutions must not use: ready-made recurrent and linear layers, and their kernels.

A convolution with a kernel of one element is a linear layer, so convolutions belong to them.
"""

from __future__ import annotations

from grader.bans.table import Table

# By the place where torch keeps them. Layers come before their bases, so that the first that fits
# is the one that was meant.
BANNED = Table(
    {
        "torch.nn.": """
        RNN LSTM GRU RNNBase RNNCell LSTMCell GRUCell RNNCellBase
        LazyLinear Linear Bilinear LinearCrossEntropyLoss
        LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
        Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
    """,
        "torch.nn.modules.linear.": "NonDynamicallyQuantizableLinear",
        "torch.nn.functional.": """
        linear bilinear linear_cross_entropy
        conv1d conv2d conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d
    """,
        "torch.": "rnn_tanh rnn_relu lstm gru rnn_tanh_cell rnn_relu_cell lstm_cell gru_cell",
        "torch.ops.aten.": """
        linear_backward _trilinear _mixed_dtypes_linear _sparse_semi_structured_linear
        mkldnn_linear mkldnn_linear_backward
        mkldnn_linear_backward_input mkldnn_linear_backward_weights
        fbgemm_linear_fp16_weight fbgemm_linear_fp16_weight_fp32_activation
        fbgemm_linear_int8_weight fbgemm_linear_int8_weight_fp32_activation
        fbgemm_linear_quantize_weight _wrapped_linear_prepack _wrapped_quantized_linear_prepacked
        mkldnn_rnn_layer mkldnn_rnn_layer_backward miopen_rnn miopen_rnn_backward
        _cudnn_rnn _cudnn_rnn_backward _cudnn_rnn_flatten_weight _use_cudnn_rnn_flatten_weight
        _lstm_mps lstm_mps_backward
        _thnn_fused_lstm_cell _thnn_fused_lstm_cell_backward _thnn_fused_lstm_cell_backward_impl
        _thnn_differentiable_lstm_cell_backward
        _thnn_fused_gru_cell _thnn_fused_gru_cell_backward _thnn_differentiable_gru_cell_backward
        quantized_lstm quantized_gru quantized_lstm_cell quantized_gru_cell
        quantized_rnn_tanh_cell quantized_rnn_relu_cell
        convolution _convolution _convolution_mode convolution_overrideable
        convolution_backward convolution_backward_overrideable _convolution_double_backward
        mkldnn_convolution _mps_convolution _mps_convolution_transpose mps_convolution_backward
        mps_convolution_transpose_backward _nnpack_spatial_convolution conv_tbc_backward
        thnn_conv2d _slow_conv2d_forward _slow_conv2d_backward slow_conv3d slow_conv3d_forward
        slow_conv_dilated2d slow_conv_dilated3d slow_conv_transpose2d slow_conv_transpose3d
        _conv_depthwise2d conv_depthwise3d miopen_depthwise_convolution
        cudnn_convolution cudnn_convolution_transpose cudnn_convolution_relu
        cudnn_convolution_add_relu miopen_convolution miopen_convolution_transpose
        miopen_convolution_relu miopen_convolution_add_relu
    """,
        # Of other libraries, what doesn't round to a few bits.
        "torch.ops.mkldnn.": """
        _linear_pointwise
        _convolution_pointwise _convolution_pointwise_ _convolution_transpose_pointwise
    """,
        "torch.ops.mkldnn_prepacked.": "conv2d_run",
        "torch.ops.mkl.": "_mkl_linear",
        "torch.ops.prepacked.": "linear_clamp_run",
    }
)
