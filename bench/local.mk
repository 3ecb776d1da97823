# bench: `make bench`. Its programs are made only for it.
EXTRA_PROGRAMS += bench/load/load bench/floor/floor bench/hook/hook bench/tone/tone
CLEANFILES += bench/load/load bench/floor/floor bench/hook/hook bench/tone/tone

bench_load_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
bench_load_load_SOURCES = \
	%D%/load/burst.c %D%/load/burst.h \
	%D%/load/call.c %D%/load/call.h \
	%D%/load/caller.c %D%/load/caller.h \
	%D%/load/ear.c %D%/load/ear.h \
	%D%/load/histogram.c %D%/load/histogram.h \
	%D%/load/leg.c %D%/load/leg.h \
	%D%/load/main.c \
	%D%/load/message.c %D%/load/message.h \
	%D%/load/options.c %D%/load/options.h \
	%D%/load/reception.c %D%/load/reception.h \
	%D%/load/report.c \
	%D%/load/rooms.c %D%/load/rooms.h %D%/load/run.h \
	%D%/load/server.c %D%/load/server.h \
	%D%/load/setup.c \
	%D%/load/song.c %D%/load/song.h \
	%D%/load/sounding.c %D%/load/sounding.h \
	%D%/load/unpack.c %D%/load/unpack.h \
	%D%/load/watch.c %D%/load/watch.h \
	%D%/load/wire.c %D%/load/wire.h \
	%D%/load/write.c
bench_load_load_LDADD = liboffhook.a libaudio.a $(DEPS_LIBS) -lm

bench_floor_floor_SOURCES = \
	%D%/floor/floor.c
bench_floor_floor_LDADD = liboffhook.a libaudio.a -lm

bench_hook_hook_SOURCES = \
	%D%/hook/hook.c

bench_tone_tone_SOURCES = \
	%D%/tone/tone.c
bench_tone_tone_LDADD = $(DEPS_LIBS) -lm

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/bench_reception
TESTS += tests/unit/bench_reception
tests_unit_bench_reception_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_bench_reception_SOURCES = tests/unit/bench_reception.c \
	%D%/load/histogram.c %D%/load/reception.c %D%/load/song.c
tests_unit_bench_reception_LDADD = libaudio.a $(CMOCKA_LIBS) -lm

check_PROGRAMS += tests/unit/bench_hearing
TESTS += tests/unit/bench_hearing
tests_unit_bench_hearing_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_bench_hearing_SOURCES = tests/unit/bench_hearing.c \
	%D%/load/burst.c %D%/load/song.c %D%/load/unpack.c
tests_unit_bench_hearing_LDADD = libaudio.a $(CMOCKA_LIBS) $(DEPS_LIBS) -lm

check_PROGRAMS += tests/unit/bench_sounding
TESTS += tests/unit/bench_sounding
tests_unit_bench_sounding_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_bench_sounding_SOURCES = tests/unit/bench_sounding.c \
	%D%/load/sounding.c
tests_unit_bench_sounding_LDADD = libaudio.a $(CMOCKA_LIBS) -lm
endif

bench_tools = bench/load/load bench/floor/floor bench/hook/hook
bench_run = OFFHOOK_BUILD='$(abs_top_builddir)' $(NODE) $(srcdir)/bench/run

# All of it; and the same in two minutes, to see that it works.
bench bench-quick: all
	@$(MAKE) $(AM_MAKEFLAGS) $(bench_tools)
	@quick=; test $@ = bench || quick=--quick; $(bench_run) $$quick

# What the REST door costs, by wrk.
bench-door bench-door-quick: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/kit/offhook-phone
	@quick=; test $@ = bench-door || quick=--quick; \
	OFFHOOK_BUILD='$(abs_top_builddir)' OFFHOOK_SOURCE='$(abs_top_srcdir)' $(NODE) $(srcdir)/bench/door $$quick

# Talks, streams and recordings.
bench-voice bench-voice-quick: all
	@$(MAKE) $(AM_MAKEFLAGS) bench/load/load bench/tone/tone
	@quick=; test $@ = bench-voice || quick=--quick; \
	OFFHOOK_BUILD='$(abs_top_builddir)' OFFHOOK_SOURCE='$(abs_top_srcdir)' $(NODE) $(srcdir)/bench/voice $$quick
EXTRA_DIST += bench/voice bench/usage.js bench/run bench/stage.js bench/steps.js bench/table.js bench/door bench/wrk.lua bench/README.md
.PHONY: bench bench-quick bench-door bench-door-quick bench-voice bench-voice-quick

# What codecs, changes of rate and noise cost.
EXTRA_PROGRAMS += bench/codec/codec
CLEANFILES += bench/codec/codec
bench_codec_codec_SOURCES = \
	%D%/codec/codec.c
bench_codec_codec_LDADD = $(OFFHOOK_LIBS)
bench-codec bench-codec-quick:
	@$(MAKE) $(AM_MAKEFLAGS) bench/codec/codec
	@quick=; test $@ = bench-codec || quick=--quick; bench/codec/codec $$quick
.PHONY: bench-codec bench-codec-quick
