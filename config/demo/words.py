"""The words of the sample shop, Chinese and English. Brands and lines are invented; `generate` puts them together.

A pair is written `中文=English`. A leaf of the category tree is one block of LEAVES:
name | root | median price, spread | brand group | options | line letters, then a line of nouns and one of attributes.
"""

ROOTS = """
手机数码=Phones and Digital; 电脑办公=Computers and Office; 家用电器=Home Appliances; 家居生活=Home and Living;
服饰鞋包=Fashion; 运动户外=Sports and Outdoors; 美妆个护=Beauty and Care; 食品茶饮=Food and Drinks;
母婴玩具=Baby and Toys; 汽车用品=Car Accessories
"""

BRANDS = {
    'tech': """星澜=Starlan; 云湃=Yunpai; 极昼=Polarday; 北辰芯=Norchip; 拓影=Tuoying; 鸣远=Farsong; 维度=Dimenso; 光年=Lightera;
        灵犀=Linksee; 锐驰=Rivato; 蜂巢=Hivecore; 墨石=Inkstone; 海拓=Haitok; 青鸟=Qingbird; 数界=Datarim; 超维=Hyperdim""",
    'appliance': """暖屋=Nuanhaus; 朗清=Langair; 小橡=Oaklet; 禾家=Hejia; 美焙=Maybrew; 宁舍=Ningshe; 晴川=Qinchuan; 悠品=Upin;
        凌风=Lingfeng; 厨光=Chefglow; 沐白=Mubai; 匠电=Jangdian""",
    'home': """素居=Sugee; 木与=Muyu; 南栀=Nanzhi; 溪谷=Brookvale; 棉朵=Cottondo; 一隅=Corneri; 良舍=Liangshe; 竹里=Bambuli;
        陶然=Taoran; 月半湾=Halfmoon Bay; 归野=Guiye; 几何=Geomet""",
    'fashion': """初弦=Chuxian; 鹿野=Deerfield Lane; 未央=Weyoung; 织梦=Weavedream; 白榆=Baiyu; 蓝调=Bluenote; 城南=Southgate;
        半糖=Halfsugar; 云裳=Yunora; 拾光=Shiguang; 北地=Norland; 梧桐里=Wutongli""",
    'sport': """疾岚=Jilan; 山野志=Peaknote; 逐风=Windrun; 跃界=Leapzone; 极步=Jistep; 岩语=Rocksay; 川行=Rivergo; 飞羽=Featherfly;
        原力场=Forcefield; 踏浪=Wavetread""",
    'beauty': """花间=Huajian; 润泽=Runze; 雪见=Xuejian; 兰草集=Orchid Notes; 素颜记=Suyan; 珀莉=Polly Amber; 清露=Dewlily;
        朝颜=Asagai; 海盐社=Seasalt Club; 绯色=Scarletta""",
    'food': """山岚=Shanlan; 谷雨=Guyu; 喜禾=Xihe; 田间=Tianjian; 拾味=Shiwei; 森果=Sengo; 老街坊=Old Lane; 茗上=Mingshang;
        黑焙=Darkroast Lab; 可可山=Cocoa Hill; 半亩=Halfacre; 归園=Guiyuan""",
    'baby': """小芽=Littlebud; 棉花云=Cotton Cloud; 萌动=Mengdo; 星宝=Starbao; 亲亲鹿=Kissdeer; 乐拼=Lepin Bay; 果果=Gogo Tree;
        摇篮曲=Lullabee""",
    'car': """驭途=Yutu; 远卫=Farguard; 车语=Carsay; 路锋=Rofen; 行安=Xingan; 澄驾=Clardrive""",
}

LEAVES = """
智能手机=Smartphones | 手机数码 | 2999, 0.5 | tech | phone | X P N Note Ace
5G手机=5G Phone; 智能手机=Smartphone; 折叠屏手机=Foldable Phone; 游戏手机=Gaming Phone; 影像手机=Camera Phone
长续航=Long Battery Life; 一亿像素=108 MP Camera; 超级快充=Super Fast Charging; 护眼屏=Eye Care Display; 防水=Waterproof; 大内存=Large Memory; 曲面屏=Curved Screen; 无线充电=Wireless Charging; 高刷新率=High Refresh Rate

蓝牙耳机=Headphones | 手机数码 | 399, 0.8 | tech | color | A S Q Buds
蓝牙耳机=Bluetooth Headphones; 真无线耳机=True Wireless Earbuds; 头戴式耳机=Over-Ear Headphones; 运动耳机=Sports Earphones; 骨传导耳机=Bone Conduction Headphones
主动降噪=Active Noise Cancelling; 低延迟=Low Latency; 重低音=Deep Bass; 防汗=Sweatproof; 通话清晰=Clear Calls; 空间音频=Spatial Audio; 轻量佩戴=Lightweight; 无线=Wireless; 长续航=Long Battery Life

智能手表=Smartwatches | 手机数码 | 899, 0.7 | tech | color | W Fit T
智能手表=Smartwatch; 运动手表=Sports Watch; 儿童手表=Kids Watch; 健康手环=Fitness Band
心率监测=Heart Rate Monitor; 血氧检测=Blood Oxygen Tracking; 独立通话=Standalone Calling; 双频定位=Dual-Band GPS; 睡眠分析=Sleep Analysis; 防水=Waterproof; 两周续航=Two-Week Battery; 圆形表盘=Round Dial

充电设备=Chargers and Power Banks | 手机数码 | 99, 0.6 | tech | power | C PD G
移动电源=Power Bank; 氮化镓充电器=GaN Charger; 无线充电板=Wireless Charging Pad; 数据线=USB Cable; 插线板=Power Strip
快充=Fast Charging; 便携=Portable; 多口=Multi-Port; 大容量=High Capacity; 磁吸=Magnetic; 可上飞机=Flight Safe; 编织线身=Braided; 过载保护=Overload Protection

数码相机=Cameras | 手机数码 | 4599, 0.6 | tech | kit | M R Z
微单相机=Mirrorless Camera; 运动相机=Action Camera; 拍立得=Instant Camera; 全景相机=360 Camera; 定焦镜头=Prime Lens; 变焦镜头=Zoom Lens
全画幅=Full Frame; 五轴防抖=5-Axis Stabilization; 4K视频=4K Video; 防水=Waterproof; 翻转屏=Flip Screen; 高速对焦=Fast Autofocus; 便携=Portable; 大光圈=Large Aperture

手机壳=Phone Cases | 手机数码 | 39, 0.5 | tech | color | K
手机壳=Phone Case; 保护套=Protective Cover; 翻盖皮套=Flip Leather Case; 钢化膜=Tempered Glass Screen Protector
防摔=Shockproof; 超薄=Ultra Thin; 磁吸=Magnetic; 磨砂=Matte; 透明=Clear; 支架=Kickstand; 液态硅胶=Liquid Silicone; 防指纹=Fingerprint Resistant

笔记本电脑=Laptops | 电脑办公 | 5499, 0.45 | tech | laptop | Book Air Pro Zen
轻薄本=Ultrabook; 笔记本电脑=Laptop; 游戏本=Gaming Laptop; 二合一平板电脑=2-in-1 Tablet; 商务本=Business Notebook
高色域屏=Wide Color Display; 长续航=Long Battery Life; 独立显卡=Discrete Graphics; 金属机身=Metal Body; 指纹解锁=Fingerprint Login; 雷电接口=Thunderbolt; 静音=Quiet; 触控屏=Touchscreen

键盘=Keyboards | 电脑办公 | 299, 0.6 | tech | switch | K MK TKL
机械键盘=Mechanical Keyboard; 蓝牙键盘=Bluetooth Keyboard; 静电容键盘=Electro-Capacitive Keyboard; 数字小键盘=Numeric Keypad
热插拔=Hot-Swappable; 背光=Backlit; 三模连接=Tri-Mode; 静音=Quiet; 无线=Wireless; 客制化=Custom; 双色键帽=Double-Shot Keycaps; 紧凑布局=Compact

鼠标=Mice | 电脑办公 | 129, 0.6 | tech | color | M G
无线鼠标=Wireless Mouse; 游戏鼠标=Gaming Mouse; 垂直鼠标=Vertical Mouse; 轨迹球=Trackball; 鼠标垫=Mouse Pad
人体工学=Ergonomic; 静音=Quiet; 轻量化=Lightweight; 可编程按键=Programmable Buttons; 双模=Dual-Mode; 可充电=Rechargeable; 高精度=High Precision; 防滑=Non-Slip

显示器=Monitors | 电脑办公 | 1599, 0.5 | tech | screen | V U Q
电竞显示器=Gaming Monitor; 4K显示器=4K Monitor; 带鱼屏=Ultrawide Monitor; 便携显示器=Portable Monitor; 显示器支架=Monitor Arm
高刷新率=High Refresh Rate; 护眼=Eye Care; 广色域=Wide Color Gamut; 曲面=Curved; 反向充电=USB-C Power Delivery; 升降旋转=Height Adjustable; 窄边框=Slim Bezel; 快速响应=Fast Response

存储设备=Storage Drives | 电脑办公 | 459, 0.6 | tech | disk | D SN E
固态硬盘=Solid State Drive; 移动硬盘=Portable Hard Drive; 存储卡=Memory Card; U盘=USB Flash Drive; 网络存储=Network Storage
高速读写=High Speed; 抗震=Shock Resistant; 加密=Encrypted; 金属外壳=Metal Case; 散热片=With Heatsink; 小巧=Compact; 五年质保=Five-Year Warranty

打印机=Printers | 电脑办公 | 999, 0.5 | tech | one | L MFP
激光打印机=Laser Printer; 喷墨一体机=Inkjet All-in-One; 照片打印机=Photo Printer; 标签机=Label Maker; 扫描仪=Scanner
双面打印=Duplex; 无线=Wireless; 低成本=Low Running Cost; 家用=For Home; 彩色=Color; 自动输稿=Document Feeder; 手机直连=Mobile Printing

文具=Stationery | 电脑办公 | 29, 0.6 | home | color | 
中性笔=Gel Pen; 笔记本=Notebook; 钢笔=Fountain Pen; 马克笔=Marker Set; 文件夹=File Folder; 便利贴=Sticky Notes
速干=Quick Dry; 顺滑=Smooth Writing; 加厚纸=Thick Paper; 学生用=For Students; 手账=Journal; 礼盒装=Gift Box; 可擦=Erasable

咖啡机=Coffee Machines | 家用电器 | 1299, 0.7 | appliance | color | CM ES
意式咖啡机=Espresso Machine; 全自动咖啡机=Automatic Coffee Machine; 手冲壶=Pour-Over Kettle; 磨豆机=Coffee Grinder; 胶囊咖啡机=Capsule Coffee Machine; 滴滤咖啡机=Drip Coffee Maker
蒸汽奶泡=Milk Frother; 一键美式=One-Touch Americano; 恒温=Constant Temperature; 家用=For Home; 易清洗=Easy to Clean; 静音研磨=Quiet Grinding; 大水箱=Large Water Tank

吸尘器=Vacuum Cleaners | 家用电器 | 1499, 0.6 | appliance | color | V RX
无线吸尘器=Cordless Vacuum Cleaner; 扫地机器人=Robot Vacuum; 洗地机=Wet Dry Floor Cleaner; 除螨仪=Mite Vacuum; 车载吸尘器=Car Vacuum
大吸力=Strong Suction; 自动集尘=Self-Emptying; 激光导航=Laser Navigation; 宠物毛发=For Pet Hair; 轻量=Lightweight; 静音=Quiet; 自清洁=Self-Cleaning; 长续航=Long Battery Life

厨房电器=Kitchen Appliances | 家用电器 | 399, 0.6 | appliance | color | KC
电饭煲=Rice Cooker; 空气炸锅=Air Fryer; 破壁机=Blender; 电烤箱=Electric Oven; 电热水壶=Electric Kettle; 面包机=Bread Maker
预约定时=Timer; 不粘内胆=Non-Stick; 大容量=Large Capacity; 可视窗口=Viewing Window; 少油=Less Oil; 一键清洗=One-Touch Cleaning; 双层防烫=Cool Touch; 静音=Quiet

空气净化器=Air Purifiers | 家用电器 | 1199, 0.6 | appliance | one | AP
空气净化器=Air Purifier; 加湿器=Humidifier; 除湿机=Dehumidifier; 新风机=Fresh Air System; 净水器=Water Purifier
除甲醛=Formaldehyde Removal; 静音=Quiet; 智能控制=Smart Control; 高效滤网=HEPA Filter; 母婴可用=Baby Safe; 大面积=For Large Rooms; 无雾=Mist Free; 低能耗=Low Energy

风扇暖风=Fans and Heaters | 家用电器 | 259, 0.5 | appliance | color | F H
循环扇=Air Circulator; 落地扇=Floor Fan; 无叶风扇=Bladeless Fan; 暖风机=Fan Heater; 油汀=Oil Radiator; 桌面风扇=Desk Fan
直流变频=DC Motor; 遥控=Remote Control; 摇头=Oscillating; 静音=Quiet; 节能=Energy Saving; 倾倒断电=Tip-Over Protection; 便携=Portable

冰箱洗衣机=Fridges and Washers | 家用电器 | 2799, 0.5 | appliance | litre | BCD WM
对开门冰箱=Side-by-Side Fridge; 小冰箱=Mini Fridge; 滚筒洗衣机=Front Load Washer; 烘干机=Tumble Dryer; 洗碗机=Dishwasher; 冷柜=Chest Freezer
风冷无霜=Frost Free; 变频=Inverter; 除菌=Antibacterial; 超薄=Slim; 大容量=Large Capacity; 低噪音=Low Noise; 一级能效=Top Energy Class

灯具=Lighting | 家居生活 | 189, 0.7 | home | color | 
护眼台灯=Eye Care Desk Lamp; 吸顶灯=Ceiling Light; 落地灯=Floor Lamp; 小夜灯=Night Light; 吊灯=Pendant Lamp; 灯带=LED Strip
无频闪=Flicker Free; 调光调色=Dimmable; 触控=Touch Control; 北欧风=Nordic Style; 学习用=For Study; 人体感应=Motion Sensor; 原木=Solid Wood; 可充电=Rechargeable

家具=Furniture | 家居生活 | 1299, 0.8 | home | color | 
布艺沙发=Fabric Sofa; 人体工学椅=Ergonomic Chair; 实木书桌=Solid Wood Desk; 升降桌=Standing Desk; 床头柜=Bedside Table; 书架=Bookshelf; 餐桌=Dining Table
可调节=Adjustable; 小户型=For Small Rooms; 可拆洗=Washable Cover; 现代简约=Modern; 实木=Solid Wood; 承重强=Heavy Duty; 腰托=Lumbar Support; 免安装=No Assembly

床上用品=Bedding | 家居生活 | 299, 0.6 | home | bed | 
四件套=Duvet Cover Set; 羽绒被=Down Duvet; 乳胶枕=Latex Pillow; 床笠=Fitted Sheet; 毛毯=Blanket; 夏凉被=Summer Quilt
纯棉=Pure Cotton; 亲肤=Skin Friendly; 可水洗=Machine Washable; 保暖=Warm; 透气=Breathable; 抑菌=Antibacterial; 天丝=Lyocell; 防滑=Non-Slip

锅具餐具=Cookware | 家居生活 | 159, 0.7 | home | cm | 
炒锅=Wok; 铸铁锅=Cast Iron Pot; 平底锅=Frying Pan; 刀具套装=Knife Set; 陶瓷碗=Ceramic Bowl; 砧板=Cutting Board; 砂锅=Clay Pot
不粘=Non-Stick; 电磁炉通用=Induction Ready; 无涂层=Uncoated; 耐高温=Heat Resistant; 轻便=Lightweight; 手工=Handmade; 日式=Japanese Style; 加厚=Thick Base

收纳清洁=Storage and Cleaning | 家居生活 | 59, 0.6 | home | litre | 
收纳箱=Storage Box; 衣架=Clothes Hanger; 垃圾桶=Trash Can; 拖把=Mop; 置物架=Storage Rack; 脏衣篮=Laundry Basket
可折叠=Foldable; 带盖=With Lid; 免手洗=Hands Free; 防潮=Moisture Proof; 大号=Large; 免打孔=No Drilling; 带滑轮=On Wheels

杯壶=Drinkware | 家居生活 | 99, 0.5 | home | ml | 
保温杯=Insulated Bottle; 马克杯=Mug; 玻璃水杯=Glass Cup; 运动水壶=Sports Bottle; 茶壶=Teapot; 焖烧杯=Food Jar
316不锈钢=316 Stainless Steel; 防漏=Leakproof; 大容量=Large Capacity; 车载=For Cars; 温度显示=Temperature Display; 陶瓷内胆=Ceramic Lined; 便携=Portable; 防水=Waterproof

女装=Women's Clothing | 服饰鞋包 | 229, 0.6 | fashion | dress | 
连衣裙=Dress; 针织衫=Knit Sweater; 衬衫=Blouse; 半身裙=Skirt; 风衣=Trench Coat; 阔腿裤=Wide-Leg Pants; 卫衣=Hoodie
法式=French Style; 显瘦=Slimming; 宽松=Loose Fit; 纯棉=Pure Cotton; 碎花=Floral; 复古=Vintage; 高腰=High Waist; 羊毛=Wool; 通勤=For Work

男装=Men's Clothing | 服饰鞋包 | 199, 0.6 | fashion | dress | 
T恤=T-Shirt; 牛仔裤=Jeans; 夹克=Jacket; 商务衬衫=Dress Shirt; 休闲裤=Chinos; 西装=Suit; 短裤=Shorts
修身=Slim Fit; 免烫=Non-Iron; 弹力=Stretch; 重磅=Heavyweight; 纯棉=Pure Cotton; 速干=Quick Dry; 商务=Business; 加绒=Fleece Lined; 防水=Waterproof

羽绒服=Down Jackets | 服饰鞋包 | 699, 0.5 | fashion | dress | 
羽绒服=Down Jacket; 羽绒马甲=Down Vest; 长款羽绒服=Long Down Coat; 派克大衣=Parka; 棉服=Padded Jacket
鹅绒=Goose Down; 防风=Windproof; 连帽=Hooded; 轻薄=Lightweight; 保暖=Warm; 可收纳=Packable; 防水=Waterproof; 加厚=Thick

鞋靴=Shoes | 服饰鞋包 | 329, 0.6 | fashion | shoe | 
小白鞋=White Sneakers; 皮鞋=Leather Shoes; 马丁靴=Ankle Boots; 凉鞋=Sandals; 乐福鞋=Loafers; 帆布鞋=Canvas Shoes; 雪地靴=Snow Boots
真皮=Genuine Leather; 软底=Soft Sole; 防滑=Non-Slip; 增高=Height Increasing; 透气=Breathable; 百搭=Versatile; 加绒=Fleece Lined; 防水=Waterproof

箱包=Bags and Luggage | 服饰鞋包 | 269, 0.7 | fashion | bag | 
双肩包=Backpack; 行李箱=Suitcase; 斜挎包=Crossbody Bag; 托特包=Tote Bag; 公文包=Briefcase; 钱包=Wallet
大容量=Large Capacity; 防水=Waterproof; 万向轮=Spinner Wheels; 真皮=Genuine Leather; 电脑隔层=Laptop Compartment; 轻便=Lightweight; 防盗=Anti-Theft; 可扩展=Expandable

运动鞋服=Sportswear | 运动户外 | 359, 0.6 | sport | shoe | 
跑步鞋=Running Shoes; 篮球鞋=Basketball Shoes; 徒步鞋=Hiking Shoes; 训练鞋=Training Shoes; 足球鞋=Football Boots
碳板=Carbon Plate; 缓震=Cushioned; 透气=Breathable; 轻量=Lightweight; 防滑耐磨=Durable Grip; 防水=Waterproof; 宽楦=Wide Fit; 马拉松=For Marathons

露营装备=Camping Gear | 运动户外 | 329, 0.8 | sport | person | 
帐篷=Tent; 睡袋=Sleeping Bag; 天幕=Tarp; 折叠椅=Folding Chair; 户外炉具=Camping Stove; 头灯=Headlamp; 登山包=Trekking Backpack
防雨=Rainproof; 速开=Quick Setup; 超轻=Ultralight; 四季可用=Four Season; 防晒=Sun Protection; 便携=Portable; 铝合金=Aluminium; 保暖=Warm

健身器材=Fitness Equipment | 运动户外 | 199, 0.9 | sport | color | 
瑜伽垫=Yoga Mat; 哑铃=Dumbbells; 跑步机=Treadmill; 跳绳=Jump Rope; 动感单车=Exercise Bike; 弹力带=Resistance Bands
加厚=Thick; 防滑=Non-Slip; 可折叠=Foldable; 静音=Quiet; 可调节=Adjustable; 初学者=For Beginners; 天然橡胶=Natural Rubber; 家用=For Home

骑行=Cycling | 运动户外 | 899, 0.9 | sport | bike | 
公路自行车=Road Bike; 山地车=Mountain Bike; 折叠自行车=Folding Bike; 骑行头盔=Cycling Helmet; 自行车灯=Bike Light; 骑行手套=Cycling Gloves
碳纤维=Carbon Fibre; 变速=Geared; 轻量=Lightweight; 碟刹=Disc Brake; 通勤=For Commuting; 透气=Breathable; 可充电=Rechargeable; 防水=Waterproof

球类=Ball Sports | 运动户外 | 159, 0.8 | sport | one | 
羽毛球拍=Badminton Racket; 篮球=Basketball; 足球=Football; 乒乓球拍=Table Tennis Bat; 网球拍=Tennis Racket; 飞盘=Flying Disc
碳素=Carbon; 耐磨=Durable; 初学者=For Beginners; 比赛级=Match Grade; 双拍套装=Set of Two; 室内外通用=Indoor and Outdoor; 轻量=Lightweight

护肤=Skincare | 美妆个护 | 189, 0.7 | beauty | ml | 
面霜=Face Cream; 精华液=Serum; 防晒霜=Sunscreen; 洗面奶=Cleanser; 面膜=Sheet Mask; 眼霜=Eye Cream; 爽肤水=Toner
保湿=Hydrating; 敏感肌=For Sensitive Skin; 抗皱=Anti-Wrinkle; 美白=Brightening; 清爽=Oil Free; 玻尿酸=Hyaluronic Acid; 烟酰胺=Niacinamide; 无香精=Fragrance Free; 防水=Waterproof

彩妆=Makeup | 美妆个护 | 119, 0.6 | beauty | shade | 
口红=Lipstick; 粉底液=Foundation; 眼影盘=Eyeshadow Palette; 眉笔=Brow Pencil; 睫毛膏=Mascara; 腮红=Blush
哑光=Matte; 持久=Long Lasting; 滋润=Moisturizing; 不脱妆=Smudge Proof; 轻薄=Lightweight; 显白=Flattering; 防水=Waterproof

个人护理=Personal Care | 美妆个护 | 79, 0.8 | beauty | ml | 
洗发水=Shampoo; 沐浴露=Body Wash; 护手霜=Hand Cream; 牙膏=Toothpaste; 护发素=Conditioner; 香水=Perfume
控油=Oil Control; 去屑=Anti-Dandruff; 留香=Long Lasting Scent; 滋润=Moisturizing; 氨基酸=Amino Acid; 家庭装=Family Size; 温和=Gentle; 木质香=Woody Scent

电动个护=Grooming Devices | 美妆个护 | 299, 0.6 | beauty | color | E S
电动牙刷=Electric Toothbrush; 剃须刀=Electric Shaver; 吹风机=Hair Dryer; 卷发棒=Curling Iron; 冲牙器=Water Flosser
声波=Sonic; 负离子=Ionic; 全身水洗=Fully Washable; 便携=Portable; 静音=Quiet; 快充=Fast Charging; 防水=Waterproof; 恒温护发=Heat Protection

茶叶=Tea | 食品茶饮 | 128, 0.8 | food | gram | 
龙井茶=Longjing Green Tea; 普洱茶=Pu-erh Tea; 铁观音=Tieguanyin Oolong; 红茶=Black Tea; 茉莉花茶=Jasmine Tea; 白茶=White Tea; 抹茶=Matcha
明前=Early Spring Harvest; 高山=High Mountain; 礼盒装=Gift Box; 有机=Organic; 浓香=Rich Aroma; 手工=Handmade; 陈年=Aged; 冷泡=For Cold Brew

零食坚果=Snacks and Nuts | 食品茶饮 | 45, 0.6 | food | gram | 
每日坚果=Daily Mixed Nuts; 夏威夷果=Macadamia Nuts; 牛肉干=Beef Jerky; 黑巧克力=Dark Chocolate; 曲奇饼干=Butter Cookies; 果脯=Dried Fruit; 海苔=Seaweed Snack
低糖=Low Sugar; 原味=Original; 独立小包=Individually Wrapped; 办公室=For the Office; 无添加=No Additives; 酥脆=Crispy; 礼盒装=Gift Box; 高蛋白=High Protein

咖啡豆=Coffee Beans | 食品茶饮 | 88, 0.5 | food | gram | 
咖啡豆=Coffee Beans; 挂耳咖啡=Drip Bag Coffee; 冻干咖啡=Freeze-Dried Coffee; 咖啡液=Coffee Concentrate; 意式拼配=Espresso Blend
深烘=Dark Roast; 浅烘=Light Roast; 云南=Yunnan; 耶加雪菲=Yirgacheffe; 坚果巧克力风味=Nutty and Chocolaty; 花果香=Fruity and Floral; 低因=Decaf; 新鲜烘焙=Freshly Roasted

粮油调味=Grains and Seasoning | 食品茶饮 | 59, 0.6 | food | kilo | 
五常大米=Wuchang Rice; 橄榄油=Olive Oil; 酱油=Soy Sauce; 面条=Noodles; 燕麦片=Oatmeal; 辣椒酱=Chili Sauce; 蜂蜜=Honey
当季新米=New Harvest; 冷榨=Cold Pressed; 零添加=No Additives; 有机=Organic; 香辣=Hot and Spicy; 家庭装=Family Size; 低盐=Low Salt; 全麦=Whole Grain

婴儿用品=Baby Gear | 母婴玩具 | 159, 0.8 | baby | baby | 
婴儿推车=Stroller; 纸尿裤=Diapers; 安全座椅=Car Seat; 奶瓶=Baby Bottle; 婴儿床=Crib; 背带=Baby Carrier; 湿巾=Baby Wipes
轻便折叠=Foldable; 透气=Breathable; 防胀气=Anti-Colic; 新生儿=For Newborns; 柔软=Soft; 一键收车=One-Hand Fold; 超薄=Ultra Thin; 食品级硅胶=Food Grade Silicone

玩具=Toys | 母婴玩具 | 99, 0.8 | baby | age | 
积木=Building Blocks; 遥控车=Remote Control Car; 毛绒玩具=Plush Toy; 拼图=Jigsaw Puzzle; 科学实验套装=Science Kit; 桌游=Board Game; 玩具厨房=Play Kitchen
益智=Educational; 大颗粒=Large Pieces; 编程=Coding; 木质=Wooden; 可充电=Rechargeable; 生日礼物=Birthday Gift; 亲子=Family Fun; 可水洗=Washable

车载电器=Car Electronics | 汽车用品 | 359, 0.6 | car | one | DC T
行车记录仪=Dash Cam; 车载充气泵=Tyre Inflator; 车载充电器=Car Charger; 车载支架=Phone Holder; 胎压监测=Tyre Pressure Monitor; 应急启动电源=Jump Starter
夜视=Night Vision; 前后双录=Front and Rear; 磁吸=Magnetic; 快充=Fast Charging; 停车监控=Parking Mode; 便携=Portable; 免走线=No Wiring; 高清=High Definition

汽车养护=Car Care | 汽车用品 | 119, 0.7 | car | litre | 
机油=Engine Oil; 洗车液=Car Shampoo; 座套=Seat Cover; 脚垫=Floor Mats; 车衣=Car Cover; 雨刮器=Wiper Blades; 玻璃水=Screen Wash
全合成=Fully Synthetic; 四季通用=All Season; 防水=Waterproof; 易清洗=Easy to Clean; 耐磨=Durable; 无骨=Beam Type; 去油膜=Oil Film Removal; 专车定制=Custom Fit
"""

# Colours with the code that a SKU carries.
COLORS = """
午夜黑=Midnight Black; 珍珠白=Pearl White; 雾霾蓝=Haze Blue; 鼠尾草绿=Sage Green; 樱花粉=Sakura Pink; 石墨灰=Graphite Grey;
奶油米=Cream Beige; 酒红=Wine Red; 藏青=Navy; 焦糖棕=Caramel Brown; 香槟金=Champagne Gold; 薰衣草紫=Lavender; 柠檬黄=Lemon Yellow;
橄榄绿=Olive Green; 月光银=Moonlight Silver; 珊瑚橙=Coral Orange
"""

# How a product's variants differ: whether by colour, and their sizes, cheapest first.
OPTIONS = {
    'color': (True, ''), 'one': (False, ''),
    'phone': (True, '8GB+128GB; 8GB+256GB; 12GB+256GB; 12GB+512GB; 16GB+1TB'),
    'laptop': (True, '16GB+512GB; 16GB+1TB; 32GB+1TB; 32GB+2TB'),
    'power': (True, '20W; 33W; 65W; 100W; 140W'), 'kit': (False, '单机身 Body; 标准套装 Kit; 旅行套装 Travel'),
    'switch': (True, '红轴 Red; 茶轴 Brown; 青轴 Blue; 静音轴 Silent'),
    'screen': (False, '23.8"; 27"; 31.5"; 34"; 49"'), 'disk': (False, '256GB; 512GB; 1TB; 2TB; 4TB'),
    'litre': (True, '5L; 12L; 30L; 60L; 120L; 240L'), 'bed': (True, '1.2m; 1.5m; 1.8m; 2.0m'),
    'cm': (True, '20cm; 24cm; 28cm; 30cm; 32cm'), 'ml': (False, '50ml; 150ml; 300ml; 500ml; 750ml; 1000ml'),
    'dress': (True, 'S; M; L; XL; XXL'), 'shoe': (True, '36; 37; 38; 39; 40; 41; 42; 43; 44; 45'),
    'bag': (True, '14"; 16"; 20"; 24"; 28"'), 'person': (True, '1人 1P; 2人 2P; 4人 4P; 6人 6P'),
    'bike': (True, 'S; M; L; XL'), 'shade': (True, ''), 'gram': (False, '100g; 250g; 500g; 1000g'),
    'kilo': (False, '500g; 1kg; 2.5kg; 5kg; 10kg'), 'baby': (True, 'NB; S; M; L; XL'), 'age': (False, '3+; 6+; 9+; 12+'),
}

# What a product line adds to its model number.
SUFFIXES = ['', '', '', '', ' Pro', ' Plus', ' Max', ' Lite', ' Mini', ' SE', ' Air', ' Ultra', ' II', ' III', ' 2025', ' 2026']

SEASONS = """春季新款=Spring Collection; 夏季新款=Summer Collection; 秋季新款=Autumn Collection; 冬季新款=Winter Collection;
经典款=Classic; 升级款=Upgraded; 限量款=Limited Edition; 联名款=Collaboration; 基础款=Basic; 专业款=Professional"""

SUBTITLES = """
{a}，{b}，一步到位; {a}又{b}，口碑之选; 今日下单立减，{a}; {noun}里的实力派：{a}、{b}; 送礼自用都合适，{a}; 多年老店热卖，{b};
{a}升级，{b}不变; 为日常而生的{noun}; 新人专享价，{a}{noun}; {b}，安心用得久; 官方正品，七天无理由退换; {a}加{b}，看得见的细节
"""

# Sentences of a description. {a} and {b} are attributes, {noun} the thing, {brand} its maker.
SENTENCES_ZH = """
{brand}这款{noun}主打{a}，日常使用得心应手。; 采用{a}设计，同时兼顾{b}，细节经得起推敲。; 经过上千次测试，{a}表现稳定可靠。;
无论居家、办公还是出行，{a}都让人省心。; 我们重新打磨了结构，让{b}成为标配。; 包装内含{noun}一件、说明书与保修卡。;
选材讲究，做工扎实，{a}看得见也摸得着。; 如果您在意{b}，这款{noun}值得一试。; 老顾客反馈最多的优点是{a}和{b}。;
操作简单，上手即用，长辈孩子都能轻松掌握。; 售后由{brand}官方提供，全国联保。; 小巧身形里装下了{a}与{b}两项本领。;
相比上一代，{a}提升明显，价格却更亲民。; 请按照说明书保养，可以长久保持{b}。; 七天无理由退换，运费由我们承担。;
设计师从日常生活中取材，线条干净，百看不厌。; 适合送给父母、朋友或犒劳自己。; 每一件出厂前都经过人工检验。
"""
SENTENCES_EN = """
The {noun} by {brand} is built around one idea: {a}.; With {a} and {b}, it fits your day instead of interrupting it.;
Tested for thousands of hours, so that {a} stays what it was on day one.; At home, at work or on the road: {b} makes the difference.;
We redesigned the inside to make {b} standard.; In the box: one {noun}, the manual and a warranty card.;
Customers praise {a} above everything else.; Easy to use from the first minute, and easy to look after.;
Compared with the last model, {a} is clearly better and the price is lower.; {brand} offers service and spare parts nationwide.;
Small enough for the drawer, strong enough for every day.; A thoughtful gift for family and friends.;
Free returns within seven days.; Every piece is checked by hand before it leaves the factory.; If you care about {b}, try this {noun}.;
Clean lines, honest materials and a finish that lasts.
"""

REVIEW_TITLES = {
    5: """非常满意; 超出预期; 强烈推荐; 回购第三次了; Excellent; Love it; Worth every penny; Better than expected; 五星好评; Highly recommended""",
    4: """整体不错; 性价比高; 物有所值; Good value; Solid choice; Works well; 值得入手; Pretty good""",
    3: """一般般; 中规中矩; Average; It is okay; 凑合能用; Does the job""",
    2: """有点失望; 与描述有出入; Disappointed; Not as described; 做工粗糙""",
    1: """不推荐; 已退货; Broke after a week; Do not buy; 客服态度差""",
}
REVIEW_STARTS = """
收到货第二天就用上了; 买给父母的; 对比了很多家才下单; 朋友推荐来的; 用了一个月来评价; 活动价入手; 物流很快，包装完好; 第二次购买;
Bought this for my sister; Arrived in two days; I compared five models before ordering; Using it daily for a month; My second one; A gift for my dad
"""
REVIEW_ENDS = {
    5: """，{a}真的很出色，{noun}完全没有缺点。; ，质感很好，{a}名副其实。; ，全家都喜欢。; . {en_a}: superb.; . Best {en_noun} I have owned.; . Great quality and quick delivery.""",
    4: """，{a}不错，就是包装简单了点。; ，整体满意，价格再低点就好了。; . Good {en_noun}, the manual could be clearer.; . {en_a} works as promised.""",
    3: """，{a}一般，不过对得起这个价格。; ，没有想象中好。; . It is fine, but {en_a}? Nothing special.; . Average {en_noun}.""",
    2: """，{a}不太明显，有些失望。; ，颜色和图片有差别。; . The {en_noun} feels cheap.; . {en_a}? Hardly.""",
    1: """，用了几天就坏了，{a}是假的。; ，已经申请退款。; . It stopped working after a week.; . Returned the {en_noun}.""",
}
AUTHORS = """
林**; 王**; 小鹿; 阿杰; 晴天; 豆豆妈; 老周; Momo; 山里来的猫; 匿名用户; Anna K.; David L.; Priya; j***n; 陈同学; 一只橘子; Wei; Sofia; 北方的狼;
T. Meyer; 喵喵; 李**; 张**; 夏天的风; Kenji; 赵先生; 周末不加班; Elena; 数码控; 爱喝茶的老王
"""

ORIGINS = '杭州 深圳 广州 苏州 佛山 宁波 泉州 青岛 成都 重庆 武汉 厦门 景德镇 义乌 长沙'
MATERIALS = '铝合金 不锈钢 棉 聚酯纤维 实木 陶瓷 玻璃 硅胶 真皮 竹 碳纤维 环保塑料'

# Cities with shops where goods can be picked up: longitude, latitude.
CITIES = [(121.47, 31.23), (116.40, 39.90), (113.26, 23.13), (114.06, 22.54), (120.16, 30.29), (104.07, 30.67), (108.95, 34.27),
          (114.31, 30.59), (118.80, 32.06), (106.55, 29.56), (117.20, 39.13), (120.58, 31.30), (113.63, 34.75), (112.94, 28.23),
          (120.38, 36.07), (123.43, 41.81), (118.09, 24.48), (121.55, 29.87), (102.83, 24.88), (126.64, 45.76)]
