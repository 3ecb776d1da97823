# unit tests of src/codec
codec_unit_tests = \
	tests/unit/codec_format \
	tests/unit/codec_hostile \
	tests/unit/codec_memory \
	tests/unit/codec_opus \
	tests/unit/codec_payload \
	tests/unit/codec_quality
check_PROGRAMS += $(codec_unit_tests)
TESTS += $(codec_unit_tests)
EXTRA_DIST += tests/unit/codec_rig.h

tests_unit_codec_format_SOURCES = tests/unit/codec_format.c
tests_unit_codec_format_LDADD = $(UNIT_LIBS)
tests_unit_codec_hostile_SOURCES = tests/unit/codec_hostile.c
tests_unit_codec_hostile_LDADD = $(UNIT_LIBS)
tests_unit_codec_memory_SOURCES = tests/unit/codec_memory.c
tests_unit_codec_memory_LDADD = $(UNIT_LIBS)
tests_unit_codec_opus_SOURCES = tests/unit/codec_opus.c
tests_unit_codec_opus_LDADD = $(UNIT_LIBS)
tests_unit_codec_payload_SOURCES = tests/unit/codec_payload.c
tests_unit_codec_payload_LDADD = $(UNIT_LIBS)
tests_unit_codec_quality_SOURCES = tests/unit/codec_quality.c
tests_unit_codec_quality_LDADD = $(UNIT_LIBS)
