# unit tests of src/http and src/api
check_PROGRAMS += tests/unit/http_jwt
TESTS += tests/unit/http_jwt
tests_unit_http_jwt_SOURCES = tests/unit/http_jwt.c
tests_unit_http_jwt_LDADD = $(UNIT_LIBS)
