# cmake -DPROGRAM=... -DOUT=... -P record_sample.cmake: one quick run of a lab as a trace in OUT.
# A claim that failed (1) is recorded too; a lab that cannot run here leaves an empty file.
get_filename_component(folder ${OUT} DIRECTORY)
file(MAKE_DIRECTORY ${folder})
execute_process(COMMAND ${PROGRAM} --quick --json OUTPUT_FILE ${OUT}.part ERROR_QUIET
  RESULT_VARIABLE result TIMEOUT 120)
if(NOT result MATCHES "^[01]$")
  file(WRITE ${OUT}.part "")
endif()
file(RENAME ${OUT}.part ${OUT})
