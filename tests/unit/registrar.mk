# unit tests of src/registrar
check_PROGRAMS += tests/unit/registrar_guard
TESTS += tests/unit/registrar_guard
tests_unit_registrar_guard_SOURCES = tests/unit/registrar_guard.c
tests_unit_registrar_guard_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/registrar_take
TESTS += tests/unit/registrar_take
tests_unit_registrar_take_SOURCES = tests/unit/registrar_take.c tests/unit/store_kit.h
tests_unit_registrar_take_LDADD = $(UNIT_LIBS)
