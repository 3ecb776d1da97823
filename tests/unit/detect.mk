# unit tests of src/detect
check_PROGRAMS += tests/unit/detect_detect
TESTS += tests/unit/detect_detect
EXTRA_DIST += tests/unit/voice.h
tests_unit_detect_detect_SOURCES = tests/unit/detect_detect.c
tests_unit_detect_detect_LDADD = $(UNIT_LIBS)
