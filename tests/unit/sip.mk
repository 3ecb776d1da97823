# unit tests of src/offer and src/ua
check_PROGRAMS += tests/unit/offer_answer
TESTS += tests/unit/offer_answer
tests_unit_offer_answer_SOURCES = tests/unit/offer_answer.c
tests_unit_offer_answer_LDADD = $(UNIT_LIBS)
