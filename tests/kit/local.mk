# tests/kit: tools the end-to-end tests run, and the unit tests of the phone.
check_PROGRAMS += tests/kit/offhook-phone
tests_kit_offhook_phone_SOURCES = \
	%D%/phone_tool.c %D%/phone_tool.h \
	%D%/phone_commands.c \
	$(PHONE_SOURCES)
tests_kit_offhook_phone_LDADD = $(OFFHOOK_LIBS)

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/cli_phone_rtp
TESTS += tests/unit/cli_phone_rtp
tests_unit_cli_phone_rtp_SOURCES = tests/unit/cli_phone_rtp.c $(PHONE_RTP_SOURCES)
tests_unit_cli_phone_rtp_LDADD = $(UNIT_LIBS)
endif
EXTRA_DIST += tests/kit/README.md
