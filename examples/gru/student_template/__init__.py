"""Sus soluciones: complete cada función que lanza NotImplementedError."""
