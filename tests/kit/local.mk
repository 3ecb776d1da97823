# tests/kit: tools the end-to-end tests run, with their own tests and the command's.
check_PROGRAMS += tests/kit/offhook-phone
tests_kit_offhook_phone_SOURCES = \
	%D%/phone_tool.c %D%/phone_tool.h \
	%D%/phone_commands.c \
	%D%/phone_wav.c %D%/phone_wav.h \
	$(PHONE_SOURCES)
tests_kit_offhook_phone_LDADD = $(OFFHOOK_LIBS)

# The HTTP server alone, for wrk.
check_PROGRAMS += tests/kit/rest_bench
tests_kit_rest_bench_SOURCES = %D%/rest_bench.c
tests_kit_rest_bench_LDADD = $(OFFHOOK_LIBS)

# The media plane under anything at once; for longer, and under sanitizers: make media-churn.
check_PROGRAMS += tests/kit/media_churn
TESTS += tests/kit/media_churn
tests_kit_media_churn_SOURCES = %D%/media_churn.c
tests_kit_media_churn_LDADD = $(OFFHOOK_LIBS)
MEDIA_CHURN = 300 1 200
media-churn: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/kit/media_churn
	tests/kit/media_churn $(MEDIA_CHURN)
.PHONY: media-churn

# How each codec sounds through each bad network: make quality.
EXTRA_PROGRAMS += tests/kit/quality
CLEANFILES += tests/kit/quality
tests_kit_quality_SOURCES = %D%/quality.c %D%/distance.c %D%/distance.h %D%/impair.c %D%/impair.h \
	%D%/relay.c %D%/relay.h
tests_kit_quality_LDADD = $(OFFHOOK_LIBS)

quality: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/kit/quality
	OFFHOOK_BUILD='$(abs_top_builddir)' $(NODE) $(srcdir)/%D%/quality-report
.PHONY: quality
EXTRA_DIST += %D%/quality-report

KIT_TESTS = %D%/phone.test.js %D%/cli.test.js %D%/ends.test.js
TESTS += $(KIT_TESTS)
EXTRA_DIST += %D%/README.md %D%/churn $(KIT_TESTS)

# Everything at once for as long as one likes: make soak SOAK='--seconds 3600 --seed 7'
SOAK = --seconds 600 --untidy
soak: all
	OFFHOOK_BUILD='$(abs_top_builddir)' OFFHOOK_SOURCE='$(abs_top_srcdir)' $(NODE) $(srcdir)/%D%/churn $(SOAK)
.PHONY: soak

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/cli_phone_rtp
TESTS += tests/unit/cli_phone_rtp
tests_unit_cli_phone_rtp_SOURCES = tests/unit/cli_phone_rtp.c $(PHONE_RTP_SOURCES)
tests_unit_cli_phone_rtp_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/kit_impair
TESTS += tests/unit/kit_impair
tests_unit_kit_impair_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_kit_impair_SOURCES = tests/unit/kit_impair.c %D%/impair.c %D%/impair.h
tests_unit_kit_impair_LDADD = $(CMOCKA_LIBS) -lm

check_PROGRAMS += tests/unit/kit_relay
TESTS += tests/unit/kit_relay
tests_unit_kit_relay_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_kit_relay_SOURCES = tests/unit/kit_relay.c %D%/impair.c %D%/impair.h %D%/relay.c %D%/relay.h
tests_unit_kit_relay_LDADD = $(CMOCKA_LIBS) -lm

check_PROGRAMS += tests/unit/kit_distance
TESTS += tests/unit/kit_distance
tests_unit_kit_distance_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_kit_distance_SOURCES = tests/unit/kit_distance.c %D%/distance.c %D%/distance.h
tests_unit_kit_distance_LDADD = $(CMOCKA_LIBS) -lm
endif
