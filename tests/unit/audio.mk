# unit tests of src/audio, src/mixer, src/player and sounds/
check_PROGRAMS += tests/unit/audio_g711
TESTS += tests/unit/audio_g711
tests_unit_audio_g711_SOURCES = tests/unit/audio_g711.c
tests_unit_audio_g711_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/audio_frame
TESTS += tests/unit/audio_frame
tests_unit_audio_frame_SOURCES = tests/unit/audio_frame.c
tests_unit_audio_frame_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/audio_rates
TESTS += tests/unit/audio_rates
tests_unit_audio_rates_SOURCES = tests/unit/audio_rates.c
tests_unit_audio_rates_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/audio_plc
TESTS += tests/unit/audio_plc
tests_unit_audio_plc_SOURCES = tests/unit/audio_plc.c
tests_unit_audio_plc_LDADD = $(UNIT_LIBS)
