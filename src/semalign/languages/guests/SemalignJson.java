package semalign;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON: maps, lists, text, `BigInteger`, `Double`, `Boolean`, null. */
final class SemalignJson {
    private final String text;
    private int at;

    private SemalignJson(String text) {
        this.text = text;
    }

    static Object read(String text) {
        return new SemalignJson(text).value();
    }

    private Object value() {
        char c = text.charAt(at);
        if (c == '{') return map();
        if (c == '[') return list();
        if (c == '"') return string();
        int start = at;
        while (at < text.length() && ",]}:".indexOf(text.charAt(at)) < 0) at++;
        String word = text.substring(start, at);
        switch (word) {
            case "null":
                return null;
            case "true":
                return true;
            case "false":
                return false;
            default:
                boolean fraction = word.indexOf('.') >= 0 || word.indexOf('e') >= 0 || word.indexOf('E') >= 0;
                return fraction ? (Object) Double.valueOf(word) : new BigInteger(word);
        }
    }

    private List<Object> list() {
        List<Object> found = new ArrayList<>();
        at++;
        while (text.charAt(at) != ']') {
            found.add(value());
            if (text.charAt(at) == ',') at++;
        }
        at++;
        return found;
    }

    private Map<String, Object> map() {
        Map<String, Object> found = new LinkedHashMap<>();
        at++;
        while (text.charAt(at) != '}') {
            String key = string();
            at++;
            found.put(key, value());
            if (text.charAt(at) == ',') at++;
        }
        at++;
        return found;
    }

    private String string() {
        StringBuilder found = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            char c = text.charAt(at);
            if (c != '\\') {
                found.append(c);
                continue;
            }
            c = text.charAt(++at);
            int known = "btnfr".indexOf(c);
            if (c == 'u') {
                found.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                at += 4;
            } else found.append(known >= 0 ? "\b\t\n\f\r".charAt(known) : c);
        }
        at++;
        return found.toString();
    }
}
