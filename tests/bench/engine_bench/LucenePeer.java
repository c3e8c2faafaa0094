// LucenePeer: Lucene's side of `./dev bench engine`, in the way that suits Lucene best. Same commands and answers as main.cc.
//
//   load FOLDER
//   build DIR points|columns|compressed   two threads; see Shop.document for what the variants are
//   parts DIR N PERCENT                   as `build DIR points` by one thread, in N segments, with so many documents deleted: ShopEngine::BuildParts
//   merge DIR | open DIR | close          to one segment; a reader for query, hits and scan
//   query CLASS | hits CLASS | scan lucene
//   writer DIR                            near-real-time writer and reader for:
//   columns BATCHES ROWS | texts BATCHES ROWS   latencies of a batch until a reopened reader has it
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.LongField;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocValuesSkipIndexType;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.FuzzyQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.Sort;
import org.apache.lucene.search.SortField;
import org.apache.lucene.search.SortedNumericSortField;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopFieldCollectorManager;
import org.apache.lucene.search.TopScoreDocCollectorManager;
import org.apache.lucene.search.TotalHits;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.QueryBuilder;

public final class LucenePeer {
  static final List<String> CLASSES = List.of("or", "and", "or_count", "or_range", "or_sort", "sort");

  // The corpus' bytes in memory, and where its lines start.
  static final class Corpus {
    final byte[][] blocks;  // of whole lines: an array holds at most 2 GiB
    final int[] blockOf;
    final int[] starts;
    final int[] lengths;
    final List<String[]> queries = new ArrayList<>();

    Corpus(Path folder) throws IOException {
      List<byte[]> read = new ArrayList<>();
      int[] block = new int[1 << 16];
      int[] start = new int[1 << 16];
      int[] length = new int[1 << 16];
      int lines = 0;
      try (var in = Files.newInputStream(folder.resolve("products.tsv"))) {
        byte[] rest = new byte[0];
        for (byte[] chunk = in.readNBytes(1 << 26); chunk.length + rest.length > 0; chunk = in.readNBytes(1 << 26)) {
          byte[] whole = Arrays.copyOf(rest, rest.length + chunk.length);
          System.arraycopy(chunk, 0, whole, rest.length, chunk.length);
          int at = 0;
          for (int i = 0; i < whole.length; i++) {
            if (whole[i] == '\n') {
              if (lines == start.length) {
                block = Arrays.copyOf(block, 2 * lines);
                start = Arrays.copyOf(start, 2 * lines);
                length = Arrays.copyOf(length, 2 * lines);
              }
              block[lines] = read.size();
              start[lines] = at;
              length[lines++] = i - at;
              at = i + 1;
            }
          }
          read.add(whole);
          rest = Arrays.copyOfRange(whole, at, whole.length);
          if (chunk.length == 0 && rest.length > 0) {
            throw new IOException("products.tsv ends within a line");
          }
        }
      }
      blocks = read.toArray(new byte[0][]);
      blockOf = Arrays.copyOf(block, lines);
      starts = Arrays.copyOf(start, lines);
      lengths = Arrays.copyOf(length, lines);
      for (String line : Files.readAllLines(folder.resolve("queries.tsv"))) {
        queries.add(line.split("\t"));
      }
    }

    int size() {
      return starts.length;
    }

    String[] row(int number) {
      return new String(blocks[blockOf[number]], starts[number], lengths[number], StandardCharsets.UTF_8).split("\t");
    }
  }

  // A number with points for selective ranges and a skipping index over its doc values for the others.
  static final class PointsAndSkipper extends Field {
    static final FieldType TYPE = new FieldType();

    static {
      TYPE.setDimensions(1, Long.BYTES);
      TYPE.setDocValuesType(DocValuesType.SORTED_NUMERIC);
      TYPE.setDocValuesSkipIndexType(DocValuesSkipIndexType.RANGE);
      TYPE.freeze();
    }

    PointsAndSkipper(String name, long value) {
      super(name, TYPE);
      fieldsData = value;
    }

    @Override
    public BytesRef binaryValue() {
      return LongPoint.pack((Long) fieldsData);
    }
  }

  static final class Shop {
    static final List<String> NUMBERS = List.of("price", "stock", "updated_at", "rating");

    // Numbers have points and skippers; in variant "columns", where they are to be updated in place, Lucene wants doc values alone.
    // Variant "compressed" is as "points", with stored fields made small instead of fast. What is no number is stored, as _source is.
    static Document document(String[] row, String title, boolean columns, long version) {
      Document document = new Document();
      document.add(new StringField("_id", row[0], Field.Store.YES));
      document.add(new TextField("title", title, Field.Store.NO));
      for (int i = 2; i <= 3; i++) {
        String name = i == 2 ? "brand" : "category";
        BytesRef value = new BytesRef(row[i]);
        document.add(new StringField(name, value, Field.Store.NO));
        document.add(new SortedDocValuesField(name, value));
      }
      for (int i = 0; i < NUMBERS.size(); i++) {
        long value = Long.parseLong(row[4 + i]);
        document.add(columns ? new NumericDocValuesField(NUMBERS.get(i), value) : new PointsAndSkipper(NUMBERS.get(i), value));
      }
      document.add(new NumericDocValuesField("_version", version));
      document.add(new NumericDocValuesField("_seq_no", Long.parseLong(row[0])));
      document.add(new NumericDocValuesField("_row_hash", hash(version)));
      document.add(new StoredField("_source",
          new BytesRef("{\"title\":\"" + title + "\",\"brand\":\"" + row[2] + "\",\"category\":\"" + row[3] + "\"}")));
      return document;
    }

    static long hash(long version) {
      return version * 0x9E3779B97F4A7C15L;
    }
  }

  Corpus corpus;
  DirectoryReader reader;
  IndexSearcher searcher;
  IndexWriter writer;
  boolean columns;
  final Map<String, List<Object[]>> drawn = new HashMap<>();  // by class, once for a reader: no walk over the dictionary between two rounds
  long version = System.currentTimeMillis() * 1000;
  final Random random = new Random(11);

  static IndexWriterConfig config(boolean compressed) {
    IndexWriterConfig config = new IndexWriterConfig(new StandardAnalyzer());
    config.setRAMBufferSizeMB(256);
    config.setUseCompoundFile(false);
    if (compressed) {
      config.setCodec(new Lucene104Codec(Lucene104Codec.Mode.BEST_COMPRESSION));
    }
    return config;
  }

  void build(Path folder, String variant) throws Exception {
    IndexWriterConfig config = config(variant.equals("compressed"));
    boolean inColumns = variant.equals("columns");
    try (IndexWriter building = new IndexWriter(new MMapDirectory(folder), config);
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      AtomicInteger next = new AtomicInteger();
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        running.add(threads.submit(() -> {
          for (int first = next.getAndAdd(2000); first < corpus.size(); first = next.getAndAdd(2000)) {
            for (int row = first; row < Math.min(first + 2000, corpus.size()); row++) {
              String[] columnsOfRow = corpus.row(row);
              building.addDocument(Shop.document(columnsOfRow, columnsOfRow[1], inColumns, 1));
            }
          }
          return null;
        }));
      }
      for (Future<?> each : running) {
        each.get();
      }
      building.commit();
    }
  }

  void buildParts(Path folder, long parts, int deleted) throws IOException {
    IndexWriterConfig config = config(false);
    config.setMergePolicy(NoMergePolicy.INSTANCE);
    try (IndexWriter building = new IndexWriter(new MMapDirectory(folder), config)) {
      for (long part = 0; part < parts; part++) {
        for (int row = partBegin(part, parts); row < partBegin(part + 1, parts); row++) {
          String[] columnsOfRow = corpus.row(row);
          building.addDocument(Shop.document(columnsOfRow, columnsOfRow[1], false, 1));
        }
        building.commit();
      }
      for (int row = 0; deleted > 0 && row < corpus.size(); row += 100 / deleted) {
        building.deleteDocuments(new Term("_id", corpus.row(row)[0]));
      }
      building.commit();
    }
  }

  int partBegin(long part, long parts) {
    long longOnes = parts - parts / 2;
    java.util.function.LongUnaryOperator weight = at -> 9 * Math.min(at, longOnes) + at - Math.min(at, longOnes);
    return (int) (corpus.size() * weight.applyAsLong(part) / weight.applyAsLong(parts));
  }

  void openReader(DirectoryReader opened) {
    drawn.clear();
    reader = opened;
    searcher = new IndexSearcher(reader);
    searcher.setQueryCache(null);
  }

  Query query(String queryClass, String[] texts) {
    if (queryClass.equals("sort")) {
      return MatchAllDocsQuery.INSTANCE;
    }
    QueryBuilder builder = new QueryBuilder(new StandardAnalyzer());
    BooleanClause.Occur occur = queryClass.equals("and") ? BooleanClause.Occur.MUST : BooleanClause.Occur.SHOULD;
    // The engine's analyzer gives no phrase for a Chinese word either: each character is a term of its own.
    Query text = builder.createBooleanQuery("title", texts[0], occur);
    return queryClass.equals("or_range")
        ? new BooleanQuery.Builder().add(text, BooleanClause.Occur.MUST)
            .add(range(Long.parseLong(texts[1]), Long.parseLong(texts[2])), BooleanClause.Occur.FILTER).build()
        : text;
  }

  Query range(long low, long high) {
    return columns ? NumericDocValuesField.newSlowRangeQuery("price", low, high) : LongField.newRangeQuery("price", low, high);
  }

  TopDocs search(String queryClass, Query query) throws IOException {
    if (queryClass.contains("/")) {
      return searchWords(queryClass.substring(0, queryClass.indexOf('/')), query);
    }
    switch (queryClass) {
      case "or_count":
        return searcher.search(query, new TopScoreDocCollectorManager(100, Integer.MAX_VALUE));
      case "or_sort":
      case "sort":
        SortField price = columns ? new SortField("price", SortField.Type.LONG) : new SortedNumericSortField("price", SortField.Type.LONG);
        return searcher.search(query, new TopFieldCollectorManager(new Sort(price), 10, 10));
      default:
        return searcher.search(query, new TopScoreDocCollectorManager(10, 10));
    }
  }

  // The queries of word_cases.h, chosen as there.
  List<Object[]> wordRequests(String queryClass) throws IOException {
    String[] parts = queryClass.split("/");
    List<Object[]> requests = new ArrayList<>();
    if (parts[1].equals("phrase")) {
      QueryBuilder builder = new QueryBuilder(new StandardAnalyzer());
      for (String[] texts : corpus.queries) {
        requests.add(new Object[] {queryClass, builder.createPhraseQuery("title", texts[0])});
      }
      return requests;
    }
    boolean latin = parts[1].equals("prefix") || parts[1].startsWith("fuzzy");
    Map<BytesRef, Integer> frequencies = new HashMap<>();
    for (LeafReaderContext leaf : reader.leaves()) {
      TermsEnum terms = leaf.reader().terms("title").iterator();
      for (BytesRef word = terms.next(); word != null; word = terms.next()) {
        if (!latin || isLatin(word)) {
          frequencies.merge(BytesRef.deepCopyOf(word), terms.docFreq(), Integer::sum);
        }
      }
    }
    List<Object[]> words = new ArrayList<>();
    frequencies.forEach((word, frequency) -> words.add(new Object[] {frequency, word}));
    words.sort((a, b) -> {
      int order = Integer.compare((Integer) b[0], (Integer) a[0]);
      return order != 0 ? order : ((BytesRef) a[1]).compareTo((BytesRef) b[1]);
    });
    int[] ranks = switch (parts[2]) {
      case "high" -> new int[] {5, 50};
      case "mid" -> new int[] {200, 800};
      default -> new int[] {2000, 6000};
    };
    Picker picker = new Picker();
    for (int i = 0; i < 40; i++) {
      Term[] picked = new Term[3];
      for (int word = 0; word < 3; word++) {
        picked[word] = new Term("title", (BytesRef) words.get(ranks[0] + (int) picker.next(ranks[1] - ranks[0]))[1]);
      }
      requests.add(new Object[] {queryClass, wordQuery(parts[1], picked, picker)});
    }
    return requests;
  }

  // The same numbers on both sides.
  static final class Picker {
    long state = 42;

    long next(long limit) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      return (state >>> 33) % limit;
    }
  }

  static boolean isLatin(BytesRef word) {
    for (int i = 0; i < word.length; i++) {
      byte letter = word.bytes[word.offset + i];
      if (letter < 'a' || letter > 'z') {
        return false;
      }
    }
    return true;
  }

  static String misspelt(String word) {
    int at = word.length() / 2;
    return word.substring(0, at) + (word.charAt(at) == 'z' ? 'b' : 'z') + word.substring(at + 1);
  }

  static Query any(Query... queries) {
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    for (Query query : queries) {
      builder.add(query, BooleanClause.Occur.SHOULD);
    }
    return builder.build();
  }

  Query wordQuery(String operator, Term[] terms, Picker picker) {
    Query[] words = Arrays.stream(terms).map(TermQuery::new).toArray(Query[]::new);
    BooleanQuery.Builder builder = new BooleanQuery.Builder();
    switch (operator) {
      case "term" -> {
        return words[0];
      }
      case "prefix" -> {
        return new PrefixQuery(new Term("title", terms[0].text().substring(0, 3)));
      }
      case "fuzzy1", "fuzzy2" -> {
        return new FuzzyQuery(new Term("title", misspelt(terms[0].text())), operator.charAt(5) - '0', 0, 50, true);
      }
      case "range" -> {
        long low = 1000 + picker.next(8000);
        builder.add(any(words[0], words[1]), BooleanClause.Occur.MUST).add(range(low, 3 * low), BooleanClause.Occur.FILTER);
      }
      case "shop" -> {
        long low = 1000 + picker.next(8000);
        builder.add(any(words), BooleanClause.Occur.MUST)
            .add(LongField.newRangeQuery("stock", 1, Long.MAX_VALUE), BooleanClause.Occur.FILTER)
            .add(LongField.newRangeQuery("rating", 20, Long.MAX_VALUE), BooleanClause.Occur.FILTER)
            .add(range(low, 3 * low), BooleanClause.Occur.FILTER);
      }
      case "and" -> builder.add(words[0], BooleanClause.Occur.MUST).add(words[1], BooleanClause.Occur.MUST);
      case "or" -> builder.add(words[0], BooleanClause.Occur.SHOULD).add(words[1], BooleanClause.Occur.SHOULD);
      case "plus" -> builder.add(words[0], BooleanClause.Occur.MUST).add(words[1], BooleanClause.Occur.SHOULD).add(words[2], BooleanClause.Occur.SHOULD);
      default -> builder.add(words[0], BooleanClause.Occur.MUST).add(words[1], BooleanClause.Occur.MUST_NOT);
    }
    return builder.build();
  }

  TopDocs searchWords(String mode, Query query) throws IOException {
    return switch (mode) {
      case "top10" -> searcher.search(query, new TopScoreDocCollectorManager(10, 10));
      case "top100" -> searcher.search(query, new TopScoreDocCollectorManager(100, 100));
      case "page" -> ShopPage.search(searcher, query).top;
      case "top1000" -> searcher.search(query, new TopScoreDocCollectorManager(1000, 1000));
      case "top100count" -> searcher.search(query, new TopScoreDocCollectorManager(100, Integer.MAX_VALUE));
      default -> new TopDocs(new TotalHits(searcher.count(query), TotalHits.Relation.EQUAL_TO), new ScoreDoc[0]);
    };
  }

  // [class, query] in the order that query_cases.cc has.
  List<Object[]> requests(String queryClass) throws IOException {
    if (queryClass.contains("/")) {
      if (!drawn.containsKey(queryClass)) {
        drawn.put(queryClass, wordRequests(queryClass));
      }
      return drawn.get(queryClass);
    }
    List<Object[]> requests = new ArrayList<>();
    for (int i = 0; i < corpus.queries.size(); i++) {
      for (String each : queryClass.equals("mixed") ? CLASSES : List.of(queryClass)) {
        if (!each.equals("sort") || i % 10 == 0) {
          requests.add(new Object[] {each, query(each, corpus.queries.get(i))});
        }
      }
    }
    return requests;
  }

  double[] runQueries(String queryClass) throws IOException {
    List<Object[]> requests = requests(queryClass);
    double[] micros = new double[requests.size()];
    for (int i = 0; i < micros.length; i++) {
      Object[] request = requests.get(i);
      long start = System.nanoTime();
      TopDocs found = search((String) request[0], (Query) request[1]);
      micros[i] = (System.nanoTime() - start) / 1e3;
      if (found.scoreDocs == null) {
        throw new IOException("no answer");
      }
    }
    return micros;
  }

  double[] scan(long[] hits) throws IOException {
    double[] micros = new double[10];
    for (int i = 0; i < 10; i++) {
      long low = 1000 + 1000L * i;
      long start = System.nanoTime();
      hits[0] += searcher.count(range(low, low + 3000));
      micros[i] = (System.nanoTime() - start) / 1e3;
    }
    return micros;
  }

  void openWriter(Path folder, boolean inColumns) throws IOException {
    columns = inColumns;
    writer = new IndexWriter(new MMapDirectory(folder), config(false));
    openReader(DirectoryReader.open(writer));
  }

  double[] write(boolean inColumns, int batches, int rows) throws IOException {
    double[] micros = new double[batches];
    for (int batch = 0; batch < batches; batch++) {
      long start = System.nanoTime();
      for (int i = 0; i < rows; i++) {
        writeRow(inColumns, corpus.row(random.nextInt(corpus.size())));
      }
      DirectoryReader reopened = DirectoryReader.openIfChanged(reader, writer, true);
      if (reopened != null) {
        reader.close();
        openReader(reopened);
      }
      micros[batch] = (System.nanoTime() - start) / 1e3;
    }
    return micros;
  }

  void writeRow(boolean inColumns, String[] row) throws IOException {
    Term key = new Term("_id", row[0]);
    row[4] = Long.toString(99 + random.nextInt(20000));
    row[5] = Long.toString(random.nextInt(500));
    row[6] = Long.toString(1798761600000000L + ++version);
    if (inColumns && columns) {
      writer.updateDocValues(key, new NumericDocValuesField("price", Long.parseLong(row[4])),
          new NumericDocValuesField("stock", Long.parseLong(row[5])), new NumericDocValuesField("updated_at", Long.parseLong(row[6])),
          new NumericDocValuesField("_version", version), new NumericDocValuesField("_seq_no", version),
          new NumericDocValuesField("_row_hash", Shop.hash(version)));
    } else {
      String title = inColumns ? row[1] : corpus.row(random.nextInt(corpus.size()))[1];
      writer.updateDocument(key, Shop.document(row, title, columns, version));
    }
  }

  void close() throws IOException {
    if (reader != null) {
      reader.close();
      reader = null;
    }
    if (writer != null) {
      writer.close();
      writer = null;
    }
  }

  static double cpuSeconds() {
    var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  static String latencies(double[] micros) {
    double[] ordered = micros.clone();
    Arrays.sort(ordered);
    return String.format("\"mean_us\": %f, \"p50_us\": %f, \"p99_us\": %f, \"max_us\": %f", Arrays.stream(ordered).average().orElseThrow(),
        quantile(ordered, 0.5), quantile(ordered, 0.99), ordered[ordered.length - 1]);
  }

  static double quantile(double[] ordered, double q) {
    return ordered[Math.max(0, (int) Math.ceil(q * ordered.length) - 1)];
  }

  String run(String[] words) throws Exception {
    long start = System.nanoTime();
    double cpu = cpuSeconds();
    Path folder = words.length > 1 ? Path.of(words[1]) : null;
    switch (words[0]) {
      case "load" -> corpus = new Corpus(folder);
      case "build" -> build(folder, words[2]);
      case "parts" -> buildParts(folder, Long.parseLong(words[2]), Integer.parseInt(words[3]));
      case "merge" -> {
        try (IndexWriter merging = new IndexWriter(new MMapDirectory(folder), config(false))) {
          merging.forceMerge(1);
        }
      }
      case "open" -> {
        columns = false;
        openReader(DirectoryReader.open(new MMapDirectory(folder)));
        return "\"segments\": " + reader.leaves().size();
      }
      case "writer" -> openWriter(folder, words[2].equals("columns"));
      case "close" -> close();
      case "query" -> {
        return latencies(runQueries(words[1]));
      }
      case "hits" -> {
        long hits = 0;
        for (Object[] request : requests(words[1])) {
          hits += searcher.count((Query) request[1]);
          if (words[1].startsWith("page/")) {
            hits += ShopPage.search(searcher, (Query) request[1]).count();
          }
        }
        return "\"hits\": " + hits;
      }
      case "scan" -> {
        long[] hits = new long[1];
        return latencies(scan(hits)) + ", \"hits\": " + hits[0];
      }
      case "columns", "texts" -> {
        int batches = Integer.parseInt(words[1]);
        int rows = Integer.parseInt(words[2]);
        double[] micros = write(words[0].equals("columns"), batches, rows);
        double seconds = (System.nanoTime() - start) / 1e9;
        return latencies(micros) + String.format(", \"rows_per_second\": %f", batches * rows / seconds);
      }
      default -> throw new IllegalArgumentException("no such command: " + words[0]);
    }
    return String.format("\"seconds\": %f, \"cpu_seconds\": %f", (System.nanoTime() - start) / 1e9, cpuSeconds() - cpu);
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    LucenePeer peer = new LucenePeer();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      try {
        out.println("{" + peer.run(line.split(" ")) + "}");
      } catch (Exception error) {
        error.printStackTrace();
        out.println("{\"error\": \"" + String.valueOf(error).replaceAll("[\"\\\\\\n]", " ") + "\"}");
        System.exit(1);
      }
    }
  }
}
