# tests: unit tests (cmocka, TAP) live in tests/unit/<room>_<file>.c; each room's
# fragment tests/unit/<room>.mk lists its own.
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT;
if HAVE_CMOCKA
include tests/unit/base.mk
include tests/unit/audio.mk
include tests/unit/media.mk
include tests/unit/sip.mk
include tests/unit/http.mk
include tests/unit/store.mk
include tests/unit/conf.mk
include tests/unit/call.mk
endif
