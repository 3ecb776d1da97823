# src/record: what is spoken, written to files.
liboffhook_a_SOURCES += \
	%D%/format.c \
	%D%/private.h \
	%D%/record.h \
	%D%/recorder.c \
	%D%/recording.c \
	%D%/tape.c
