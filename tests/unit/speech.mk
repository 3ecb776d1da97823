# unit tests of src/speech
speech_unit_tests = tests/unit/speech_say tests/unit/speech_text tests/unit/speech_nomem \
	tests/unit/speech_parts tests/unit/speech_early \
	tests/unit/speech_remote
check_PROGRAMS += $(speech_unit_tests)
TESTS += $(speech_unit_tests)
EXTRA_DIST += tests/unit/speech_rig.h
tests_unit_speech_say_SOURCES = tests/unit/speech_say.c
tests_unit_speech_say_LDADD = $(UNIT_LIBS)
tests_unit_speech_text_SOURCES = tests/unit/speech_text.c
tests_unit_speech_text_CPPFLAGS = $(AM_CPPFLAGS) -DLANGUAGES='"$(abs_top_srcdir)/doc/languages.md"'
tests_unit_speech_text_LDADD = $(UNIT_LIBS)
tests_unit_speech_nomem_SOURCES = tests/unit/speech_nomem.c
tests_unit_speech_nomem_LDADD = $(UNIT_LIBS)
tests_unit_speech_nomem_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_unit_speech_parts_SOURCES = tests/unit/speech_parts.c
tests_unit_speech_parts_LDADD = $(UNIT_LIBS)
tests_unit_speech_early_SOURCES = tests/unit/speech_early.c
tests_unit_speech_early_LDADD = $(UNIT_LIBS)
tests_unit_speech_remote_SOURCES = tests/unit/speech_remote.c
tests_unit_speech_remote_LDADD = $(UNIT_LIBS)
tests_unit_speech_remote_LDFLAGS = -Wl,--wrap=clock_mono_ms

# the time from asking for a sound to its first sample
check_PROGRAMS += tests/kit/sound_bench
tests_kit_sound_bench_SOURCES = tests/kit/sound_bench.c
tests_kit_sound_bench_LDADD = $(OFFHOOK_LIBS)
bench-sound: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/kit/sound_bench && tests/kit/sound_bench
