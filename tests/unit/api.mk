# unit tests of api
api_programs = tests/unit/api_shape tests/unit/api_cache tests/unit/api_route \
	tests/unit/api_page tests/unit/api_error
check_PROGRAMS += $(api_programs)
TESTS += $(api_programs)
tests_unit_api_shape_SOURCES = tests/unit/api_shape.c
tests_unit_api_shape_LDADD = $(UNIT_LIBS)
tests_unit_api_cache_SOURCES = tests/unit/api_cache.c
tests_unit_api_cache_LDADD = $(UNIT_LIBS)
tests_unit_api_route_SOURCES = tests/unit/api_route.c
tests_unit_api_route_LDADD = $(UNIT_LIBS)
tests_unit_api_page_SOURCES = tests/unit/api_page.c
tests_unit_api_page_LDADD = $(UNIT_LIBS)
tests_unit_api_error_SOURCES = tests/unit/api_error.c
tests_unit_api_error_LDADD = $(UNIT_LIBS)
