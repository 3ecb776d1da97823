# unit tests of src/recogniser
recogniser_unit_tests = tests/unit/recogniser_remote tests/unit/recogniser_queue \
	tests/unit/recogniser_nomem
check_PROGRAMS += $(recogniser_unit_tests)
TESTS += $(recogniser_unit_tests)
EXTRA_DIST += tests/unit/recogniser_rig.h
tests_unit_recogniser_remote_SOURCES = tests/unit/recogniser_remote.c
tests_unit_recogniser_remote_LDADD = $(UNIT_LIBS)
tests_unit_recogniser_queue_SOURCES = tests/unit/recogniser_queue.c
tests_unit_recogniser_queue_LDADD = $(UNIT_LIBS)
tests_unit_recogniser_nomem_SOURCES = tests/unit/recogniser_nomem.c
tests_unit_recogniser_nomem_LDADD = $(UNIT_LIBS)
tests_unit_recogniser_nomem_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
