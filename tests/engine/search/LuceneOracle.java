// LuceneOracle: what Lucene finds for the cases of lucene_cases.h.
//
//   LuceneOracle CASES EXPECTED
// CASES, as lucene_test writes it: "docs N", N lines "a|b|k", then lines "case NAME deletes|merged|plain SIMILARITY hash|scores" and below each its queries, a
// line each. EXPECTED: the cases' lines, and for each query its count and a hash over (document, bits of the score), or its count and the best ten scores.
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.NoMergePolicy;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.ConstantScoreQuery;
import org.apache.lucene.search.DisjunctionMaxQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TermStatistics;
import org.apache.lucene.search.similarities.*;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;

public final class LuceneOracle {
  // Elasticsearch 7's and 8's BM25, with the factor (k1 + 1).
  static final class WithFactor extends Similarity {
    final BM25Similarity inner;
    final float k1;

    WithFactor(float k1, float b) {
      this.k1 = k1;
      inner = new BM25Similarity(k1, b);
    }

    @Override
    public SimScorer scorer(float boost, CollectionStatistics field, TermStatistics... terms) {
      return inner.scorer(boost * (1 + k1), field, terms);
    }
  }

  static Similarity similarity(String name) {
    return switch (name) {
      case "lucene" -> new BM25Similarity();
      case "elasticsearch" -> new WithFactor(1.2f, 0.75f);
      case "bm25" -> new BM25Similarity(0.9f, 0.3f);
      case "boolean" -> new BooleanSimilarity();
      case "classic" -> new ClassicSimilarity();
      case "dirichlet" -> new LMDirichletSimilarity(50);
      case "mercer" -> new LMJelinekMercerSimilarity(0.3f);
      case "dfr_g_b_h1" -> new DFRSimilarity(new BasicModelG(), new AfterEffectB(), new NormalizationH1(1.5f));
      case "dfr_if_l_h2" -> new DFRSimilarity(new BasicModelIF(), new AfterEffectL(), new NormalizationH2(2f));
      case "dfr_in_b_h3" -> new DFRSimilarity(new BasicModelIn(), new AfterEffectB(), new NormalizationH3(300f));
      case "dfr_ine_l_z" -> new DFRSimilarity(new BasicModelIne(), new AfterEffectL(), new NormalizationZ(0.4f));
      case "dfr_in_l_no" -> new DFRSimilarity(new BasicModelIn(), new AfterEffectL(), new Normalization.NoNormalization());
      case "ib_ll_df" -> new IBSimilarity(new DistributionLL(), new LambdaDF(), new NormalizationH2());
      case "ib_spl_ttf" -> new IBSimilarity(new DistributionSPL(), new LambdaTTF(), new NormalizationH1());
      case "dfi_standardized" -> new DFISimilarity(new IndependenceStandardized());
      case "dfi_saturated" -> new DFISimilarity(new IndependenceSaturated());
      case "dfi_chisquared" -> new DFISimilarity(new IndependenceChiSquared());
      default -> throw new IllegalArgumentException(name);
    };
  }

  // --- Queries ---

  final String[] words;
  int at = 0;

  LuceneOracle(String line) {
    words = line.split(" ");
  }

  String next() {
    return words[at++];
  }

  int number() {
    return Integer.parseInt(next());
  }

  float bits() {
    return Float.intBitsToFloat(Integer.parseUnsignedInt(next(), 16));
  }

  static Query boosted(Query query, float boost) {
    return boost == 1 ? query : new BoostQuery(query, boost);
  }

  Query query() {
    switch (next()) {
      case "all":
        return boosted(new MatchAllDocsQuery(), bits());
      case "term": {
        Term term = new Term(next(), next());
        return boosted(new TermQuery(term), bits());
      }
      case "prefix": {
        Term term = new Term(next(), next());
        return boosted(new PrefixQuery(term), bits());
      }
      case "const": {
        float boost = bits();
        return boosted(new ConstantScoreQuery(query()), boost);
      }
      case "phrase": {
        String field = next();
        PhraseQuery.Builder builder = new PhraseQuery.Builder().setSlop(number());
        float boost = bits();
        int count = number();
        for (int i = 0; i < count; ++i) {
          int position = number();
          builder.add(new Term(field, next()), position);
        }
        return boosted(builder.build(), boost);
      }
      case "bool": {
        BooleanQuery.Builder builder = new BooleanQuery.Builder().setMinimumNumberShouldMatch(number());
        float boost = bits();
        int[] counts = {number(), number(), number(), number()};
        BooleanClause.Occur[] occurs = {BooleanClause.Occur.MUST, BooleanClause.Occur.SHOULD, BooleanClause.Occur.FILTER, BooleanClause.Occur.MUST_NOT};
        for (int kind = 0; kind < 4; ++kind) {
          for (int i = 0; i < counts[kind]; ++i) {
            builder.add(query(), occurs[kind]);
          }
        }
        return boosted(builder.build(), boost);
      }
      case "dismax": {
        float tie = bits();
        float boost = bits();
        int count = number();
        List<Query> queries = new ArrayList<>();
        for (int i = 0; i < count; ++i) {
          queries.add(query());
        }
        return boosted(new DisjunctionMaxQuery(queries, tie), boost);
      }
      default:
        throw new IllegalArgumentException(words[at - 1]);
    }
  }

  // --- Indices ---

  static Directory index(String[][] documents, String kind) throws Exception {
    Directory directory = new ByteBuffersDirectory();
    boolean merged = kind.equals("merged");
    IndexWriterConfig config = new IndexWriterConfig(new StandardAnalyzer());
    if (!merged) {
      config.setMergePolicy(NoMergePolicy.INSTANCE);
    }
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (int i = 0; i < documents.length; ++i) {
        Document document = new Document();
        document.add(new StringField("id", Integer.toString(i), Field.Store.YES));
        document.add(new TextField("a", documents[i][0], Field.Store.NO));
        document.add(new TextField("b", documents[i][1], Field.Store.NO));
        document.add(new StringField("k", documents[i][2], Field.Store.NO));
        writer.addDocument(document);
      }
      writer.commit();
      if (!kind.equals("plain")) {
        for (int i = 0; i < documents.length; ++i) {
          if (i % 7 == 3) {
            writer.deleteDocuments(new Term("id", Integer.toString(i)));
          }
        }
        writer.commit();
      }
      if (merged) {
        writer.forceMerge(1);
      }
    }
    return directory;
  }

  static String answer(IndexSearcher searcher, Query query, boolean hash, int documents) throws Exception {
    ScoreDoc[] hits = searcher.search(query, documents).scoreDocs;
    StringBuilder out = new StringBuilder(Integer.toString(hits.length));
    if (!hash) {
      for (int i = 0; i < Math.min(10, hits.length); ++i) {
        out.append(String.format(" %08x", Float.floatToIntBits(hits[i].score)));
      }
      return out.toString();
    }
    long[] keys = new long[hits.length];
    for (int i = 0; i < hits.length; ++i) {
      long id = Long.parseLong(searcher.storedFields().document(hits[i].doc).get("id"));
      keys[i] = id << 32 | (Float.floatToIntBits(hits[i].score) & 0xFFFFFFFFL);
    }
    Arrays.sort(keys);
    long sum = 0xcbf29ce484222325L;
    for (long key : keys) {
      sum = (sum ^ key) * 0x100000001b3L;
      sum ^= sum >>> 29;
    }
    return out.append(String.format(" %016x", sum)).toString();
  }

  public static void main(String[] arguments) throws Exception {
    try (BufferedReader in = Files.newBufferedReader(Path.of(arguments[0])); PrintWriter out = new PrintWriter(arguments[1])) {
      String[][] documents = new String[Integer.parseInt(in.readLine().split(" ")[1])][];
      for (int i = 0; i < documents.length; ++i) {
        documents[i] = in.readLine().split("\\|", -1);
      }
      Map<String, Directory> indices = new HashMap<>();
      IndexSearcher searcher = null;
      boolean hash = true;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("case ")) {
          String[] words = line.split(" ");
          if (!indices.containsKey(words[2])) {
            indices.put(words[2], index(documents, words[2]));
          }
          searcher = new IndexSearcher(DirectoryReader.open(indices.get(words[2])));
          searcher.setQueryCache(null);
          searcher.setSimilarity(similarity(words[3]));
          hash = words[4].equals("hash");
          out.println(line);
        } else {
          out.println(answer(searcher, new LuceneOracle(line).query(), hash, documents.length));
        }
      }
    }
  }
}
