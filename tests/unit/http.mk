# unit tests of src/http and src/api
check_PROGRAMS += tests/unit/http_jwt tests/unit/http_fetch tests/unit/http_rest
TESTS += tests/unit/http_jwt tests/unit/http_fetch tests/unit/http_rest
tests_unit_http_jwt_SOURCES = tests/unit/http_jwt.c
tests_unit_http_jwt_LDADD = $(UNIT_LIBS)
tests_unit_http_fetch_SOURCES = tests/unit/http_fetch.c
tests_unit_http_fetch_LDADD = $(UNIT_LIBS)
tests_unit_http_rest_SOURCES = tests/unit/http_rest.c
tests_unit_http_rest_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/api_door
TESTS += tests/unit/api_door
tests_unit_api_door_SOURCES = tests/unit/api_door.c
tests_unit_api_door_LDADD = $(UNIT_LIBS)
check_PROGRAMS += tests/unit/http_tls
TESTS += tests/unit/http_tls
tests_unit_http_tls_SOURCES = tests/unit/http_tls.c
tests_unit_http_tls_LDADD = $(UNIT_LIBS)
