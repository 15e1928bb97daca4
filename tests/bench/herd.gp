# gnuplot -c herd.gp FOLDER OUTAGE-DAY MEAN: draws the arrivals by minute that herd.sh left in FOLDER to FOLDER.png.
folder = ARG1
outage = real(ARG2)
mean = real(ARG3)
set terminal png size 1600,1200 font 'sans,11'
set output folder.'.png'
set multiplot layout 2,2 title 'Reports arriving each minute, all hosts installed in the same second'
set grid
set xlabel 'day'
set key top right
days(column) = column / 1440.0
lines(name, from, to) = sprintf("< awk '$1 >= %d && $1 < %d' '%s/%s'", from * 1440, to * 1440, folder, name)

set title 'Start'
set logscale y
set yrange [1:*]
plot lines('popcon', 0, 24) using (days($1)):($2 + 0.1) with impulses lc rgb '#d08080' title "popcon's rule", \
	lines('ours', 0, 24) using (days($1)):2 with dots lc rgb '#2050a0' title 'ours', \
	mean lc rgb 'black' dt 2 title 'mean'

set title 'The highest minute of each hour, 60 weeks'
hourly(name) = sprintf("< awk '{ if ($2 > most) most = $2 } $1 %% 60 == 59 { print $1, most; most = 0 }' '%s/%s'", \
	folder, name)
plot hourly('popcon') using (days($1)):2 with dots lc rgb '#d08080' title "popcon's rule", \
	hourly('ours') using (days($1)):2 with lines lc rgb '#2050a0' title 'ours', \
	mean lc rgb 'black' dt 2 title 'mean'

set title 'Twelve hours without the drop'
unset logscale y
set yrange [0:7 * mean]
plot lines('ladder', outage - 1, outage + 5) using (days($1)):2 with dots lc rgb '#c09030' \
	title 'a jitter as long as the pause (1, 2, 4 ... h)', \
	lines('ours', outage - 1, outage + 5) using (days($1)):2 with dots lc rgb '#2050a0' title 'ours', \
	3 * mean lc rgb '#208020' dt 3 title 'goal', mean lc rgb 'black' dt 2 title 'mean'

set title 'Every host on from nine to six'
set logscale y
set yrange [1:*]
plot lines('popcon-nine', 280, 287) using (days($1)):($2 + 0.1) with impulses lc rgb '#d08080' title "popcon's rule", \
	lines('nine', 280, 287) using (days($1)):2 with dots lc rgb '#2050a0' title 'ours', \
	mean lc rgb 'black' dt 2 title 'mean'
unset multiplot
