# unit tests of src/base
check_PROGRAMS += tests/unit/base_objects tests/unit/base_text tests/unit/base_ring \
	tests/unit/base_timer tests/unit/base_loop
TESTS += tests/unit/base_objects tests/unit/base_text tests/unit/base_ring \
	tests/unit/base_timer tests/unit/base_loop
tests_unit_base_objects_SOURCES = tests/unit/base_objects.c
tests_unit_base_objects_LDADD = $(UNIT_LIBS)
tests_unit_base_text_SOURCES = tests/unit/base_text.c
tests_unit_base_text_LDADD = $(UNIT_LIBS)
tests_unit_base_ring_SOURCES = tests/unit/base_ring.c
tests_unit_base_ring_LDADD = $(UNIT_LIBS)
tests_unit_base_timer_SOURCES = tests/unit/base_timer.c
tests_unit_base_timer_LDADD = $(UNIT_LIBS)
tests_unit_base_loop_SOURCES = tests/unit/base_loop.c
tests_unit_base_loop_LDADD = $(UNIT_LIBS)
