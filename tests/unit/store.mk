# src/store
check_PROGRAMS += tests/unit/store_rows tests/unit/store_faults
TESTS += tests/unit/store_rows tests/unit/store_faults
tests_unit_store_rows_SOURCES = tests/unit/store_rows.c tests/unit/store_kit.h
tests_unit_store_rows_LDADD = $(UNIT_LIBS)
tests_unit_store_faults_SOURCES = tests/unit/store_faults.c tests/unit/store_kit.h
tests_unit_store_faults_LDADD = $(UNIT_LIBS)
