# unit tests of json
check_PROGRAMS += tests/unit/json_text
TESTS += tests/unit/json_text
tests_unit_json_text_SOURCES = tests/unit/json_text.c
tests_unit_json_text_LDADD = $(UNIT_LIBS)
