import java.io.File;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

import org.opensearch.Version;
import org.opensearch.common.logging.LogConfigurator;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.PluginInfo;

/**
 * One OpenSearch node in the folder that holds the data directory, with every module of the class path.
 * usage: OpenSearchNode --datadir=HOME/data [KEY=VALUE...]; writes HOME/ready once it answers.
 */
public final class OpenSearchNode extends Node {
    private OpenSearchNode(Environment environment, List<PluginInfo> modules) {
        super(environment, modules, false);
    }

    private static SortedSet<String> pluginClasses() throws Exception {
        SortedSet<String> classes = new TreeSet<>();
        String group = File.separator + String.join(File.separator, "org", "opensearch", "plugin") + File.separator;
        for (String jar : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!jar.contains(group)) {
                continue;
            }
            try (JarFile file = new JarFile(jar)) {
                for (JarEntry entry : Collections.list(file.entries())) {
                    String name = entry.getName();
                    if (!name.endsWith("Plugin.class") || name.contains("$")) {
                        continue;
                    }
                    Class<?> type = Class.forName(name.substring(0, name.length() - ".class".length()).replace('/', '.'), false,
                        OpenSearchNode.class.getClassLoader());
                    if (Plugin.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
                        classes.add(type.getName());
                    }
                }
            }
        }
        return classes;
    }

    /** All modules share one class loader, so one that extends Painless brings everybody's script classes. */
    private static List<PluginInfo> modules() throws Exception {
        SortedSet<String> classes = pluginClasses();
        String painless = classes.stream().filter(name -> name.contains(".painless.")).findFirst().orElse(null);
        List<PluginInfo> modules = new ArrayList<>();
        for (String name : classes) {
            boolean extending = painless != null && name.contains(".analysis.common.");
            modules.add(new PluginInfo(name, "class path module", Version.CURRENT.toString(), Version.CURRENT,
                System.getProperty("java.specification.version"), name, null, extending ? List.of(painless) : List.of(), false));
        }
        modules.sort(Comparator.comparing(module -> !module.getName().equals(painless)));
        return modules;
    }

    public static void main(String[] arguments) throws Exception {
        Path data = Path.of(arguments[0].substring("--datadir=".length()));
        Path home = data.getParent();
        Settings.Builder settings = Settings.builder()
            .put("path.home", home).put("path.data", data).put("path.logs", home.resolve("logs"))
            .put("cluster.name", "peer").put("node.name", "peer").put("network.host", "127.0.0.1").put("transport.port", "0")
            .put("discovery.type", "single-node").put("cluster.routing.allocation.disk.threshold_enabled", false);
        for (int at = 1; at < arguments.length; at++) {
            String[] setting = arguments[at].split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        Environment environment = InternalSettingsPreparer.prepareEnvironment(settings.build(), Map.of(), home.resolve("config"), () -> "peer");
        LogConfigurator.registerErrorListener();
        LogConfigurator.setNodeName(Node.NODE_NAME_SETTING.get(environment.settings()));
        LogConfigurator.configure(environment);
        Node node = new OpenSearchNode(environment, modules());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception error) {
                error.printStackTrace();
            }
        }));
        node.start();
        node.client().admin().cluster().prepareHealth().setWaitForYellowStatus().setTimeout("10m").get();
        Files.writeString(home.resolve("ready"), "");
        new CountDownLatch(1).await();
    }
}
