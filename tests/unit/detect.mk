# unit tests of src/detect
check_PROGRAMS += tests/unit/detect_detect
TESTS += tests/unit/detect_detect
tests_unit_detect_detect_SOURCES = tests/unit/detect_detect.c
tests_unit_detect_detect_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/detect_tones
TESTS += tests/unit/detect_tones
tests_unit_detect_tones_SOURCES = tests/unit/detect_tones.c
tests_unit_detect_tones_LDADD = $(UNIT_LIBS)
EXTRA_DIST += tests/unit/detect_rig.h tests/unit/voice.h
