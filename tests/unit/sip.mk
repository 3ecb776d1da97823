# unit tests of src/offer and src/ua
check_PROGRAMS += tests/unit/offer_answer
TESTS += tests/unit/offer_answer
tests_unit_offer_answer_SOURCES = tests/unit/offer_answer.c
tests_unit_offer_answer_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/offer_codecs tests/unit/offer_crypto
TESTS += tests/unit/offer_codecs tests/unit/offer_crypto
tests_unit_offer_crypto_SOURCES = tests/unit/offer_crypto.c
tests_unit_offer_crypto_LDADD = $(UNIT_LIBS)
tests_unit_offer_codecs_SOURCES = tests/unit/offer_codecs.c
tests_unit_offer_codecs_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_call
TESTS += tests/unit/ua_call
tests_unit_ua_call_SOURCES = tests/unit/ua_call.c tests/unit/ua_kit.c tests/unit/ua_kit.h
tests_unit_ua_call_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_hostile
TESTS += tests/unit/ua_hostile
tests_unit_ua_hostile_SOURCES = tests/unit/ua_hostile.c tests/unit/ua_kit.c tests/unit/ua_kit.h
tests_unit_ua_hostile_LDADD = $(UNIT_LIBS)

# answers whatever calls, for load from sipp
check_PROGRAMS += tests/unit/ua_uas
tests_unit_ua_uas_SOURCES = tests/unit/ua_uas.c
tests_unit_ua_uas_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_info
TESTS += tests/unit/ua_info
tests_unit_ua_info_SOURCES = tests/unit/ua_info.c tests/unit/ua_kit.c tests/unit/ua_kit.h
tests_unit_ua_info_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_digest
TESTS += tests/unit/ua_digest
tests_unit_ua_digest_SOURCES = tests/unit/ua_digest.c
tests_unit_ua_digest_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_challenge
TESTS += tests/unit/ua_challenge
tests_unit_ua_challenge_SOURCES = tests/unit/ua_challenge.c tests/unit/ua_kit.c tests/unit/ua_kit.h
tests_unit_ua_challenge_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_registration
TESTS += tests/unit/ua_registration
tests_unit_ua_registration_SOURCES = tests/unit/ua_registration.c tests/unit/ua_kit.c \
	tests/unit/ua_kit.h
tests_unit_ua_registration_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_credentials
TESTS += tests/unit/ua_credentials
tests_unit_ua_credentials_SOURCES = tests/unit/ua_credentials.c tests/unit/ua_kit.c \
	tests/unit/ua_kit.h
tests_unit_ua_credentials_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/ua_session
TESTS += tests/unit/ua_session
tests_unit_ua_session_SOURCES = tests/unit/ua_session.c $(UA_PEER)
tests_unit_ua_session_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_reliable
TESTS += tests/unit/ua_reliable
tests_unit_ua_reliable_SOURCES = tests/unit/ua_reliable.c $(UA_PEER)
tests_unit_ua_reliable_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/ua_refer
TESTS += tests/unit/ua_refer
tests_unit_ua_refer_SOURCES = tests/unit/ua_refer.c $(UA_PEER)
tests_unit_ua_refer_LDADD = $(UNIT_LIBS)

# a peer played by hand
UA_PEER = tests/unit/ua_kit.c tests/unit/ua_kit.h tests/unit/ua_peer.c tests/unit/ua_peer.h
