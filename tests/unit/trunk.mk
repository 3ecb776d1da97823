# src/trunk
check_PROGRAMS += tests/unit/trunk_route tests/unit/trunk_words tests/unit/trunk_health
TESTS += tests/unit/trunk_route tests/unit/trunk_words tests/unit/trunk_health
tests_unit_trunk_route_SOURCES = tests/unit/trunk_route.c tests/unit/trunk_rig.h
tests_unit_trunk_route_LDADD = $(UNIT_LIBS)
tests_unit_trunk_words_SOURCES = tests/unit/trunk_words.c tests/unit/trunk_rig.h
tests_unit_trunk_words_LDADD = $(UNIT_LIBS)
tests_unit_trunk_health_SOURCES = tests/unit/trunk_health.c tests/unit/trunk_rig.h
tests_unit_trunk_health_LDADD = $(UNIT_LIBS)
