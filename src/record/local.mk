# src/record: what is spoken, written to files.
liboffhook_a_SOURCES += \
	%D%/cutter.c %D%/cutter.h \
	%D%/format.c \
	%D%/mp3.c \
	%D%/private.h \
	%D%/record.h \
	%D%/recorder.c \
	%D%/recording.c \
	%D%/salvage.c \
	%D%/tape.c \
	%D%/until.c
