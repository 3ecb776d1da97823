# unit tests of src/audio, src/mixer, src/player and sounds/
