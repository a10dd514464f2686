// The function under Java, as far as a cold start needs it: see handler.cpp.
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;

public class Handler {
  static final String API = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";

  public static void main(String[] args) throws IOException {
    final long main = System.nanoTime();
    final long pid = ProcessHandle.current().pid();
    final long loaded = System.nanoTime();
    for (;;) {
      final HttpURLConnection next = (HttpURLConnection) new URL(API + "next").openConnection();
      next.getInputStream().readAllBytes();
      final long begin = System.nanoTime();
      final String id = next.getHeaderField("Lambda-Runtime-Aws-Request-Id");
      final HttpURLConnection done = (HttpURLConnection) new URL(API + id + "/response").openConnection();
      done.setRequestMethod("POST");
      done.setDoOutput(true);
      done.getOutputStream().write(("{\"pid\":" + pid + ",\"main\":" + main + ",\"loaded\":" + loaded
          + ",\"begin\":" + begin + ",\"ticks\":0,\"end\":" + System.nanoTime() + "}").getBytes());
      done.getInputStream().readAllBytes();
    }
  }
}
