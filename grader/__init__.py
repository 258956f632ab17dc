"""Grade exercises on recurrent networks: the tests of exercises, and the engine that runs them."""
