# unit tests of api
api_programs = tests/unit/api_shape tests/unit/api_cache tests/unit/api_route \
	tests/unit/api_page tests/unit/api_range tests/unit/api_error \
	tests/unit/api_door tests/unit/api_keys tests/unit/api_log
check_PROGRAMS += $(api_programs)
TESTS += $(api_programs)
tests_unit_api_shape_SOURCES = tests/unit/api_shape.c
tests_unit_api_shape_LDADD = $(UNIT_LIBS)
tests_unit_api_cache_SOURCES = tests/unit/api_cache.c
tests_unit_api_cache_LDADD = $(UNIT_LIBS)
tests_unit_api_route_SOURCES = tests/unit/api_route.c
tests_unit_api_route_LDADD = $(UNIT_LIBS)
tests_unit_api_range_SOURCES = tests/unit/api_range.c
tests_unit_api_range_LDADD = $(UNIT_LIBS)
tests_unit_api_page_SOURCES = tests/unit/api_page.c
tests_unit_api_page_LDADD = $(UNIT_LIBS)
tests_unit_api_error_SOURCES = tests/unit/api_error.c
tests_unit_api_error_LDADD = $(UNIT_LIBS)
api_rig = tests/unit/api_rig.c tests/unit/api_rig.h tests/unit/call_paper.c tests/unit/call_paper.h
tests_unit_api_door_SOURCES = tests/unit/api_door.c $(api_rig)
tests_unit_api_door_LDADD = $(UNIT_LIBS)
tests_unit_api_log_SOURCES = tests/unit/api_log.c $(api_rig)
tests_unit_api_log_LDADD = $(UNIT_LIBS)
tests_unit_api_keys_SOURCES = tests/unit/api_keys.c $(api_rig)
tests_unit_api_keys_LDADD = $(UNIT_LIBS)
