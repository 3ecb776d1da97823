# src/audio: pure arithmetic on frames of samples.
libaudio_a_SOURCES += \
	%D%/activity.c %D%/activity.h \
	%D%/conceal.c %D%/conceal.h \
	%D%/convert.c %D%/convert.h \
	%D%/dtmf.c %D%/dtmf.h \
	%D%/dtmf_hear.c %D%/dtmf_private.h \
	%D%/frame.c %D%/frame.h \
	%D%/g711.c %D%/g711.h \
	%D%/goertzel.c %D%/goertzel.h \
	%D%/kernel.c %D%/kernel.h \
	%D%/noise.c %D%/noise.h \
	%D%/resample.c %D%/resample.h \
	%D%/tone.c %D%/tone.h
