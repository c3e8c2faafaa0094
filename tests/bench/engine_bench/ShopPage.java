// ShopPage: the page of shop_page.h on Lucene's side: the best 24 by score, the exact total, eight facets, in one pass.
//
// Facets are counted as fast as doc values allow: ordinals into arrays, months and ranges by comparison; texts are read for the winners alone.
import java.io.IOException;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.search.Collector;
import org.apache.lucene.search.CollectorManager;
import org.apache.lucene.search.FilterCollector;
import org.apache.lucene.search.FilterLeafCollector;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.LeafCollector;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.TopScoreDocCollector;
import org.apache.lucene.search.TopScoreDocCollectorManager;

final class ShopPage {
  static final int SIZE = 24;
  static final int SHOWN = 10;
  static final long[] PRICES = {2000, 5000, 10000, 20000};
  static final long[] STOCKS = {10, 100};
  static final long PRICE_STEP = 5000;

  TopDocs top;
  long[] priceRanges = new long[PRICES.length + 1];
  long[] stockRanges = new long[STOCKS.length + 1];
  long[] ratings = new long[64];
  long[] priceSteps = new long[1 << 15];
  Map<YearMonth, Long> months = new HashMap<>();
  List<Map<String, Long>> keywords = List.of(new HashMap<>(), new HashMap<>());
  long priceCount;
  double priceSum;
  long priceMin = Long.MAX_VALUE;
  long priceMax = Long.MIN_VALUE;

  static ShopPage search(IndexSearcher searcher, Query query) throws IOException {
    var best = new TopScoreDocCollectorManager(SIZE, Integer.MAX_VALUE);
    return searcher.search(query, new CollectorManager<Facets, ShopPage>() {
      @Override
      public Facets newCollector() throws IOException {
        return new Facets(best.newCollector());
      }

      @Override
      public ShopPage reduce(Collection<Facets> collectors) throws IOException {
        Facets only = collectors.iterator().next();
        only.closeLeaf();
        only.page.top = only.best.topDocs();
        return only.page;
      }
    });
  }

  // Of all buckets that are shown.
  long count() {
    long count = priceCount + Arrays.stream(priceRanges).sum() + Arrays.stream(stockRanges).sum() + Arrays.stream(priceSteps).sum();
    count += months.values().stream().mapToLong(Long::longValue).sum();
    count += Arrays.stream(ratings).boxed().sorted((a, b) -> Long.compare(b, a)).limit(SHOWN).mapToLong(Long::longValue).sum();
    for (Map<String, Long> counts : keywords) {
      count += counts.values().stream().sorted((a, b) -> Long.compare(b, a)).limit(SHOWN).mapToLong(Long::longValue).sum();
    }
    return count;
  }

  private static final class Facets extends FilterCollector {
    final ShopPage page = new ShopPage();
    final TopScoreDocCollector best;
    private final SortedDocValues[] words = new SortedDocValues[2];
    private final int[][] wordCounts = new int[2][];
    private final long[] monthStarts = new long[14];
    private final long[] monthCounts = new long[14];
    private boolean single;

    Facets(TopScoreDocCollector best) {
      super((Collector) best);
      this.best = best;
      for (int i = 0; i < monthStarts.length; i++) {
        monthStarts[i] = YearMonth.of(2026, 1).plusMonths(i).atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC).toEpochMilli() * 1000;
      }
    }

    // Ordinals mean nothing beyond their segment.
    void closeLeaf() throws IOException {
      for (int field = 0; field < words.length; field++) {
        if (words[field] == null) {
          continue;
        }
        int[] counts = wordCounts[field];
        for (int ord : single ? largest(counts) : all(counts)) {
          page.keywords.get(field).merge(words[field].lookupOrd(ord).utf8ToString(), (long) counts[ord], Long::sum);
        }
        words[field] = null;
      }
      for (int i = 0; i < monthCounts.length; i++) {
        if (monthCounts[i] > 0) {
          page.months.merge(YearMonth.of(2026, 1).plusMonths(i), monthCounts[i], Long::sum);
          monthCounts[i] = 0;
        }
      }
    }

    private static int[] all(int[] counts) {
      return java.util.stream.IntStream.range(0, counts.length).filter(ord -> counts[ord] > 0).toArray();
    }

    // The ten greatest counts' ordinals.
    private static int[] largest(int[] counts) {
      var heap = new java.util.PriorityQueue<Integer>((a, b) -> Integer.compare(counts[a], counts[b]));
      for (int ord = 0; ord < counts.length; ord++) {
        if (counts[ord] > 0 && (heap.size() < SHOWN || counts[ord] > counts[heap.peek()])) {
          heap.add(ord);
          if (heap.size() > SHOWN) {
            heap.poll();
          }
        }
      }
      return heap.stream().mapToInt(Integer::intValue).toArray();
    }

    @Override
    public LeafCollector getLeafCollector(LeafReaderContext leaf) throws IOException {
      closeLeaf();
      single = leaf.parent.leaves().size() == 1;
      words[0] = DocValues.getSorted(leaf.reader(), "brand");
      words[1] = DocValues.getSorted(leaf.reader(), "category");
      SortedDocValues brands = words[0];
      SortedDocValues categories = words[1];
      int[] brandCounts = wordCounts[0] = new int[brands.getValueCount()];
      int[] categoryCounts = wordCounts[1] = new int[categories.getValueCount()];
      NumericDocValues prices = numbers(leaf, "price");
      NumericDocValues stocks = numbers(leaf, "stock");
      NumericDocValues ratings = numbers(leaf, "rating");
      NumericDocValues updates = numbers(leaf, "updated_at");
      return new FilterLeafCollector(super.getLeafCollector(leaf)) {
        @Override
        public void collect(int doc) throws IOException {
          in.collect(doc);
          if (brands.advanceExact(doc)) {
            brandCounts[brands.ordValue()]++;
          }
          if (categories.advanceExact(doc)) {
            categoryCounts[categories.ordValue()]++;
          }
          if (ratings.advanceExact(doc)) {
            page.ratings[(int) ratings.longValue()]++;
          }
          if (stocks.advanceExact(doc)) {
            page.stockRanges[rangeOf(STOCKS, stocks.longValue())]++;
          }
          if (prices.advanceExact(doc)) {
            addPrice(prices.longValue());
          }
          if (updates.advanceExact(doc)) {
            monthCounts[rangeOf(monthStarts, updates.longValue()) - 1]++;
          }
        }
      };
    }

    private void addPrice(long price) {
      page.priceRanges[rangeOf(PRICES, price)]++;
      page.priceSteps[(int) (price / PRICE_STEP)]++;
      page.priceCount++;
      page.priceSum += price;
      page.priceMin = Math.min(page.priceMin, price);
      page.priceMax = Math.max(page.priceMax, price);
    }

    private static NumericDocValues numbers(LeafReaderContext leaf, String field) throws IOException {
      return DocValues.unwrapSingleton(DocValues.getSortedNumeric(leaf.reader(), field));
    }

    private static int rangeOf(long[] bounds, long value) {
      int range = 0;
      while (range < bounds.length && value >= bounds[range]) {
        range++;
      }
      return range;
    }
  }
}
