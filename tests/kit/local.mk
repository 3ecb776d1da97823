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
EXTRA_DIST += %D%/README.md %D%/churn %D%/mutation $(KIT_TESTS)

# Everything at once for as long as one likes: make churn CHURN='--seconds 3600 --seed 7'
CHURN = --seconds 600 --untidy
CHURN_KILLS = --seconds 300 --kills 20 --seed 2
SOAK_ENV = OFFHOOK_BUILD='$(abs_top_builddir)' OFFHOOK_SOURCE='$(abs_top_srcdir)'
churn: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/kit/offhook-phone
	$(SOAK_ENV) $(NODE) $(srcdir)/%D%/churn $(CHURN)
	$(SOAK_ENV) $(NODE) $(srcdir)/%D%/churn $(CHURN_KILLS)

# Mutated SIP: make mutation MUTATION='--seed 7 --datagrams 1000000'
MUTATION = --datagrams 200000 --streams 4000
mutation: all
	@$(MAKE) $(AM_MAKEFLAGS) tests/kit/offhook-phone
	$(SOAK_ENV) $(NODE) $(srcdir)/%D%/mutation $(MUTATION)

# All that takes long, one after the other: half an hour. Best once as it is, and once in a build with
# --enable-sanitizers=address,undefined.
soak: mutation media-churn churn
	@echo 'soak: all well'
.PHONY: churn mutation soak

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
