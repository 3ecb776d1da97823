# src/audio: pure arithmetic on frames of samples.
libaudio_a_SOURCES += \
	%D%/frame.c %D%/frame.h \
	%D%/g711.c %D%/g711.h \
	%D%/goertzel.c %D%/goertzel.h \
	%D%/plc.c %D%/plc.h \
	%D%/tone.c %D%/tone.h
