package semalign;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Compiles what it reads, nothing touches a disk. A request is a line of words: name and base64 of each source. A reply
 * is a line of words: `c NAME BASE64` a class, `m KIND OFFSET BASE64` a message. Needs no other class of ours, so that
 * it can be started from its source.
 */
public final class SemalignCompiler {
    private static final Base64.Encoder TO = Base64.getEncoder();

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreErrors) {
            return text;
        }

        @Override
        public boolean isNameCompatible(String name, Kind kind) {
            return true; // a public class need not be called like a file that does not exist
        }
    }

    private static final class Code extends SimpleJavaFileObject {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Code(String name) {
            super(URI.create("memory:///" + name.replace('.', '/') + ".class"), Kind.CLASS);
        }

        @Override
        public OutputStream openOutputStream() {
            return bytes;
        }
    }

    private static final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        final Map<String, Code> made = new LinkedHashMap<>();

        Memory(JavaFileManager inner) {
            super(inner);
        }

        @Override
        public JavaFileObject getJavaFileForOutput(Location l, String name, JavaFileObject.Kind kind, FileObject beside) {
            Code code = new Code(name);
            made.put(name, code);
            return code;
        }
    }

    private SemalignCompiler() {}

    public static void main(String[] args) throws Exception {
        PrintStream replies = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
        System.setOut(System.err); // nothing else may stand between the replies
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StandardJavaFileManager files = compiler.getStandardFileManager(null, Locale.ENGLISH, StandardCharsets.UTF_8);
        files.setLocation(StandardLocation.CLASS_PATH, args.length > 0 ? List.of(new File(args[0])) : List.of());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            replies.print(compile(compiler, files, line.trim()) + "\n");
            replies.flush();
        }
    }

    private static String compile(JavaCompiler compiler, StandardJavaFileManager files, String request) {
        String[] words = request.split(" ");
        List<Source> sources = new ArrayList<>();
        for (int i = 0; i + 1 < words.length; i += 2) {
            sources.add(new Source(words[i], new String(Base64.getDecoder().decode(words[i + 1]), StandardCharsets.UTF_8)));
        }
        DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
        Memory memory = new Memory(files);
        List<String> options = List.of("-proc:none", "-g", "-nowarn", "-Xlint:none", "-implicit:none");
        boolean done = false;
        List<String> reply = new ArrayList<>();
        try {
            done = compiler.getTask(null, memory, said, options, null, sources).call();
        } catch (RuntimeException | StackOverflowError e) {
            reply.add("m ERROR -1 " + TO.encodeToString(("the compiler failed: " + e).getBytes(StandardCharsets.UTF_8)));
        }
        for (Diagnostic<? extends JavaFileObject> one : said.getDiagnostics()) {
            String text = one.getMessage(Locale.ENGLISH);
            reply.add("m " + one.getKind() + " " + one.getPosition() + " " + TO.encodeToString(text.getBytes(StandardCharsets.UTF_8)));
        }
        if (done) memory.made.forEach((name, code) -> reply.add("c " + name + " " + TO.encodeToString(code.bytes.toByteArray())));
        return String.join(" ", reply);
    }
}
