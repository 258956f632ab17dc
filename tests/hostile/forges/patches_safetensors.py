import safetensors
import safetensors.numpy

safetensors.numpy.save = lambda *_, **__: b""
safetensors.numpy.load = lambda *_, **__: {}
safetensors.SafetensorError = Exception
